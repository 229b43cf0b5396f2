/**
 * Commands that the documentation joins work one after the other, beside an engine that runs: each ends with 0.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test } from "../harness.ts";
import { TestFolder } from "../cli/program.ts";
import { readDocument } from "./document.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";
const ROOT = new URL("../../", import.meta.url);
const PREFIX = "./sockgraph ";

test("plan --out and apply, and apply --confirm and confirm work as the documentation joins them", {
  skip,
  timeoutMs: 120_000,
}, async () => {
  const flows = ["README.md", "docs/plans.md"].flatMap((name) => flowsOf(readFileSync(new URL(name, ROOT), "utf8")));
  assert.ok(flows.length >= 4, `found ${flows.length}`);
  for (const flow of flows) {
    await using place = await TestFolder.open();
    await symlink(fileURLToPath(new URL("topologies", ROOT)), join(place.folder, "topologies"));
    await place.write("other.yaml", "nodes: { sink: { type: hole } }\n");
    const engine = place.start("apply", "other.yaml");
    await engine.says(/Press Ctrl-C/);
    for (const command of flow) {
      const { code, stdout, stderr } = await place.call(...command.slice(PREFIX.length).split(/ +/));
      assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    }
  }
});

/** Commands that confirm or apply what the one before has begun. */
function flowsOf(text: string): readonly (readonly string[])[] {
  const lines = readDocument(text).blocks.flatMap((block) => block.text.split("\n"));
  const commands = lines.flatMap((line) => line.replace(/ +#.*/, "").split(" && "));
  return commands.flatMap((command, index) => {
    const next = commands[index + 1] ?? "";
    const joins = / plan --out /.test(command) || / apply --confirm /.test(command);
    return command.startsWith(PREFIX) && joins && next.startsWith(PREFIX) ? [[command, next]] : [];
  });
}
