/**
 * `--threads`, as a person uses it.
 *
 * @module
 */

import { join } from "node:path";
import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { openssl } from "../support/certificates.ts";
import { freePort, run } from "../support/process.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { TestFolder } from "./program.ts";

const TOPOLOGY = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 64, accept: { template: back }]
templates:
  back: { nodes: { e: { type: echo } } }
`;

for (const { name, skip, permissions } of realRuntimes) {
  const title = "apply --threads serves in so many threads until it is ended, and others must want as many";
  test(`${title} (${name})`, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await place.write("t.yaml", TOPOLOGY);
    const engine = place.startWith(permissions, "apply", "--runtime", name, "--threads", "2", "t.yaml");
    await engine.says(/ready +inet\//);
    const { stdout } = await place.call("status", "-o", "json");
    assert.match(stdout, /"threads": ?2/);
    assert.match((await place.call("status")).stdout, /front: on 2 threads/);
    assert.equal((await place.run("apply", "--threads", "2", "t.yaml")).code, 0);
    const other = await place.run("apply", "--threads", "3", "t.yaml");
    assert.deepEqual([other.code, other.stderr.includes("has 2 threads, not 3")], [64, true]);
    assert.match((await place.run("doctor")).stdout, /in 2 threads/);
    engine.signal("SIGTERM");
    const ended = await engine.ended;
    assert.equal(ended.code, 0, ended.stderr);
  });
}

for (const { name, skip, permissions } of realRuntimes) {
  test(`apply --threads serves TLS in several threads (${name})`, {
    skip: skip ?? tlsSkip,
    timeoutMs: 60_000,
  }, async () => {
    assert.ok(tlsFiles !== null);
    const { server: { cert, key }, ca } = tlsFiles;
    await using place = await TestFolder.open();
    const secured = TOPOLOGY.replace("stream/tcp", "stream/tls").replace(
      "[bind",
      `[settls: { cert: ${cert}, key: ${key} }, bind`,
    )
      .replace(":0", `:${await freePort()}`);
    await place.write("t.yaml", secured);
    const rights = [...new Set([...permissions, "--allow-ffi"])];
    const engine = place.startWith(rights, "apply", "--runtime", name, "--threads", "2", "t.yaml");
    const [, port = ""] = await engine.says(/ready +inet\/127\.0\.0\.1:(\d+)/);
    assert.match((await place.run("status")).stdout, /front: on 2 threads/);
    // Whichever thread accepts a client resumes its session.
    const session = join(place.folder, "session");
    for (let client = 0; client < 6; client++) {
      const kept = [client === 0 ? "-sess_out" : "-sess_in", session];
      const flags = ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", ca.cert, "-verify_return_error"];
      const { code, stdout, stderr } = await run(openssl.path ?? "", [...flags, "-tls1_2", ...kept]);
      assert.equal(code, 0, stderr);
      assert.match(new TextDecoder().decode(stdout), client === 0 ? /^New, TLSv1\.2/m : /^Reused, TLSv1\.2/m);
    }
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
  });
}

test("apply --threads is refused on a runtime that has one thread (memory)", async () => {
  await using place = await TestFolder.open();
  await place.write("t.yaml", TOPOLOGY);
  for (const how of [[], ["--detach"]]) {
    const ended = await place.run("apply", "--runtime", "memory", "--threads", "2", ...how, "t.yaml");
    assert.equal(ended.code, 64);
    assert.match(ended.stderr, /Runtime "memory" serves connections in one thread/);
  }
});
