/**
 * `init`: what it writes is valid, applies, and never stands where something was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { starterFor } from "../../../../src/cli/verbs/init/starter.ts";
import { Engine } from "../../../../src/engine/engine.ts";
import { builtinTypes } from "../../../../src/nodes/builtin.ts";
import { MemoryNetwork } from "../../../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../../src/topology/parse/render.ts";
import { test } from "../../../harness.ts";
import { TestFolder } from "../../program.ts";

const FILES: readonly (readonly [word: string | null, file: string, name: string])[] = [
  [null, "topology.yaml", "topology"],
  ["web", "web.yaml", "web"],
  ["web.yml", "web.yml", "web"],
  ["net/web.yaml", "net/web.yaml", "web"],
  ["net/web", "net/web.yaml", "web"],
];

for (const [word, file, name] of FILES) {
  test(`starterFor() makes "${file}" of ${word}`, () => {
    const starter = starterFor(word);
    assert.ok("file" in starter);
    assert.deepEqual([starter.file, starter.name], [file, name]);
    assert.match(starter.text, new RegExp(`^name: ${name}\n`));
  });
}

test("starterFor() refuses what is no topology's name", () => {
  for (const word of ["My Net", "net/.yaml", "x".repeat(64)]) assert.ok("problem" in starterFor(word), word);
});

test("starterFor() gives a topology that validates without a warning, and applies", async () => {
  const starter = starterFor("web");
  assert.ok("text" in starter);
  const network = new MemoryNetwork();
  const { topologies, diagnostics } = loadTopology({
    source: { name: "web.yaml", text: starter.text },
    types: builtinTypes(network.openSockets()),
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  assert.equal(renderDiagnostics(diagnostics), "");
  await using engine = new Engine({ sockets: network.openSockets(), clock: network.clock, pid: 1 });
  const source = { kind: "file", location: "web.yaml", revision: null };
  const desired = topologies.map(({ state }) => ({ state, source }));
  const outcomes = await engine.apply({ topologies: desired, replace: [], rollback: true, waitMs: 0 }, () => {});
  assert.deepEqual(outcomes.map(({ result }) => result), ["applied"]);
});

test("init writes its file once", { timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  const written = await place.run("init", "web");
  assert.deepEqual([written.code, written.stdout], [0, "web.yaml\n"], written.stderr);
  await place.write("web.yaml", "mine");
  assert.equal((await place.run("init", "web")).code, 1);
  assert.equal(readFileSync(join(place.folder, "web.yaml"), "utf8"), "mine");
  assert.equal((await place.run("init", "My Net")).code, 64);
});
