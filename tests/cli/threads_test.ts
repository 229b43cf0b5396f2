/**
 * `--threads`, as a person uses it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { Workplace } from "./program.ts";

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
    await using place = await Workplace.open();
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

test("apply --threads is refused on a runtime that has one thread (memory)", async () => {
  await using place = await Workplace.open();
  await place.write("t.yaml", TOPOLOGY);
  for (const how of [[], ["--detach"]]) {
    const ended = await place.run("apply", "--runtime", "memory", "--threads", "2", ...how, "t.yaml");
    assert.equal(ended.code, 64);
    assert.match(ended.stderr, /Runtime "memory" serves connections in one thread/);
  }
});
