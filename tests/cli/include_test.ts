/**
 * `include` of followed sources: files, Git and the web.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { peer, test as harnessTest } from "../harness.ts";
import { textFrom } from "../support/process.ts";
import { PERMISSIONS, TestFolder } from "./program.ts";

const git = peer("git");
const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

const WEB = `include: [common.yaml]
nodes:
  front: { <<: *listener, messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { template: session }] }
`;
const common = (type: string) => `
x-listener: &listener { type: ksocket, hook: inet/stream/tcp }
templates: { session: { nodes: { up: { type: ${type} } } } }
`;

function test(name: string, how: { readonly skip: string | null }, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip: skip ?? how.skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

test("apply --watch follows included files, also one that was missing", { skip: null }, async (place) => {
  await place.write("web.yaml", WEB);
  await place.write("common.yaml", common("echo"));
  const engine = place.start("apply", "--watch", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  await place.write("common.yaml", common("hole"));
  await engine.says(/generation 2 is Ready/);
  await place.write("common.yaml", common("hol"));
  await engine.says(/common\.yaml:3:\d+ error\[unknown-type\][^]*generation 2 of "web" keeps running/);
  await place.write("web.yaml", WEB.replace("common", "other"));
  await engine.says(/web\.yaml:1:1 error\[bad-include\]: Cannot include "other.yaml": there is no such file/);
  await place.write("other.yaml", common("echo"));
  await engine.says(/generation 3 is Ready/);
});

test("apply --git includes files of the repository only", { skip: git.skip }, async (place) => {
  const repo = join(place.folder, "repo");
  const run = (...args: readonly string[]) => {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    return textFrom(git.path ?? "git", ["-C", repo, ...who, ...args]);
  };
  const commit = async () => {
    await run("add", "--all");
    await run("commit", "--quiet", "--message=change");
  };
  await mkdir(join(repo, "net"), { recursive: true });
  await place.write("secret.yaml", common("echo"));
  await place.write("repo/net/web.yaml", WEB.replace("common.yaml", "../common.yaml"));
  await place.write("repo/common.yaml", common("echo"));
  await run("init", "--quiet", "--initial-branch=main");
  await commit();
  const url = pathToFileURL(repo).href;
  const flags = [...PERMISSIONS, "--allow-run=git"];
  const engine = place.startWith(flags, "apply", "--git", url, "--path", "net", "--interval", "100ms");
  await engine.says(/generation 1 is Ready/);
  for (const word of ["../../secret.yaml", join(place.folder, "secret.yaml")]) {
    await place.write("repo/net/web.yaml", WEB.replace("common.yaml", word));
    await commit();
    await engine.says(
      /net\/web\.yaml:1:1 error\[bad-include\]: Cannot include ".*secret.yaml": it is outside the repo/,
    );
  }
  await symlink("../../secret.yaml", join(repo, "net/link.yml.txt"));
  await place.write("repo/net/web.yaml", WEB.replace("common.yaml", "link.yml.txt"));
  await commit();
  await engine.says(/Cannot include "net\/link.yml.txt"[^]*it is a symbolic link that points outside the repository/);
});

test("validate includes files beside one on the web, and no others", { skip: null }, async (place) => {
  const texts = new Map([["/net/web.yaml", WEB], ["/net/common.yaml", common("echo")], [
    "/common.yaml",
    common("hub"),
  ]]);
  texts.set("/net/up.yaml", WEB.replace("common.yaml", "../common.yaml"));
  texts.set("/net/far.yaml", WEB.replace("common.yaml", "http://192.0.2.1/common.yaml"));
  const server = createServer(({ url = "" }, response) => {
    const text = texts.get(url);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/net`;
  try {
    const { code, stderr } = await place.call("validate", `${base}/web.yaml`);
    assert.equal(code, 0, stderr);
    for (const name of ["up.yaml", "far.yaml"]) {
      const found = await place.call("validate", `${base}/${name}`);
      assert.equal(found.code, 65);
      assert.match(found.stderr, /error\[bad-include\]: Cannot include ".*": it is outside the folder of the source/);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
