/**
 * Where the control socket is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { controlSocketPath } from "../../src/api/socket_path.ts";
import { test } from "../harness.ts";

function place(given: string | null, variables: Readonly<Record<string, string>>, uid: number | null = 1000) {
  return controlSocketPath({
    given,
    env: (name) => variables[name],
    uid,
    cwd: "/work",
    temporaryDirectory: "/tmp/",
  });
}

test("controlSocketPath() prefers the command line, then SOCKGRAPH_CONTROL, then XDG_RUNTIME_DIR", () => {
  const all = { SOCKGRAPH_CONTROL: "/b", XDG_RUNTIME_DIR: "/run/user/1000" };
  assert.deepEqual(place("/a", all), { path: "/a", ownDirectory: null });
  assert.deepEqual(place(null, all), { path: "/b", ownDirectory: null });
  assert.deepEqual(place(null, { XDG_RUNTIME_DIR: "/run/user/1000/" }), {
    path: "/run/user/1000/sockgraph.sock",
    ownDirectory: null,
  });
});

test("controlSocketPath() resolves relative paths and ignores empty or relative variables", () => {
  assert.equal(place("s.sock", {}).path, "/work/s.sock");
  const path = "/tmp/sockgraph-1000/sockgraph.sock";
  assert.equal(place(null, { SOCKGRAPH_CONTROL: "", XDG_RUNTIME_DIR: "run" }).path, path);
});

test("controlSocketPath() falls back to a folder of the user's own", () => {
  assert.deepEqual(place(null, {}), {
    path: "/tmp/sockgraph-1000/sockgraph.sock",
    ownDirectory: "/tmp/sockgraph-1000",
  });
  assert.equal(place(null, {}, null).ownDirectory, "/tmp/sockgraph-user");
});
