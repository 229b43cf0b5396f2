/**
 * Which topologies may start programs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { programsOf, requireProgramRights } from "../../src/engine/program_rights.ts";
import { NetgraphError } from "../../src/errors.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import type { AppliedSource } from "../../src/reconcile/status/status_types.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";

function load(program: string) {
  const text = `
name: t
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 8, accept: { template: run }] }
templates:
  run:
    parameters: { with_path: /bin/cat }
    entry: it
    nodes: { it: { type: exec, messages: [setprogram: ${program}] } }
`;
  const { topologies, diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: "t",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message), []);
  return topologies.map(({ state }) => state);
}

function refusal(program: string, kind: AppliedSource["kind"], followed: boolean, allowed: readonly string[] = []) {
  const topologies = load(program).map((state) => ({ state, source: { kind, location: "x", revision: null } }));
  try {
    requireProgramRights(topologies, { allowed, followed, mayRun: () => true });
    return null;
  } catch (error) {
    assert.ok(error instanceof NetgraphError && error.code === "EPERM");
    return error.message.replace(/; a source .*/, "");
  }
}

test("requireProgramRights() refuses programs of followed sources, and of those of the network", () => {
  const cat = "{ path: /bin/cat }";
  const refused = 'Cannot apply "t": node "run/it" starts "/bin/cat"';
  assert.equal(refusal(cat, "file", false), null);
  assert.equal(refusal(cat, "stdin", false), null);
  assert.equal(refusal(cat, "file", true), refused);
  assert.equal(refusal(cat, "git", true), refused);
  assert.equal(refusal(cat, "git", false), refused);
  assert.equal(refusal(cat, "url", false), refused);
  assert.equal(refusal(cat, "git", true, ["/bin/tac"]), refused);
  assert.equal(refusal(cat, "git", true, ["/bin/tac", "/bin/cat"]), null);
});

test("requireProgramRights() refuses a path that a parameter gives, and variables of the loader", () => {
  const all = ["/bin/cat"];
  assert.match(refusal('{ path: "${with.with_path}" }', "git", true, all) ?? "", /path is not known before it runs/);
  assert.match(refusal('{ path: /bin/cat, env: { LD_PRELOAD: "/x" } }', "git", true, all) ?? "", /sets LD_PRELOAD/);
  assert.equal(refusal('{ path: /bin/cat, args: ["${client.address}"], env: { A: b } }', "git", true, all), null);
});

test("programsOf() has the path of each program, and null for one that is not known", () => {
  assert.deepEqual(load("{ path: /bin/cat }").flatMap(programsOf), ["/bin/cat"]);
  assert.deepEqual(load('{ path: "${with.with_path}" }').flatMap(programsOf), [null]);
});

test("requireProgramRights() refuses programs that Deno may not start, before anything is opened", () => {
  const topologies = load("{ path: /bin/cat }").map((state) => {
    return { state, source: { kind: "file", location: "x", revision: null } as const };
  });
  const rights = { allowed: [], followed: false, mayRun: (path: string) => path === "/bin/tac" };
  assert.throws(
    () => requireProgramRights(topologies, rights),
    (error: unknown) => {
      assert.ok(error instanceof NetgraphError);
      assert.equal(error.code, "ENOTCAPABLE");
      assert.match(
        error.message,
        /node "run\/it" starts "\/bin\/cat", and Deno was started without --allow-run=\/bin\/cat/,
      );
      return true;
    },
  );
});
