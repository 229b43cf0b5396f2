import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { socketOptions } from "../../scripts/socket_options.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { test } from "../harness.ts";
import { readDocument, tableRows } from "./document.ts";

const FILE = "docs/socket-options.md";
const TEXT = readFileSync(new URL(`../../${FILE}`, import.meta.url), "utf8");

test("docs/socket-options.md is what the table of options says", () => {
  // The formatter breaks lines and widens columns.
  const words = (text: string) => text.replace(/-{3,}/g, "---").split(/\s+/).filter((word) => word !== "");
  assert.deepEqual(words(TEXT), words(socketOptions()), `run "deno run scripts/socket_options.ts > ${FILE}", deno fmt`);
});

test("docs/socket-options.md lists at least 40 options, each with what it is for and at least one number", () => {
  const rows = tableRows(TEXT);
  assert.ok(rows.length >= 40);
  for (const [name = "", summary = "", , freebsd, linux] of rows) {
    assert.ok(summary.length > 10 && (freebsd !== "–" || linux !== "–"), name);
  }
});

test("docs/socket-options.md shows a topology that loads", () => {
  const [block] = readDocument(TEXT).blocks;
  const source = { name: FILE, text: block?.text ?? "" };
  const types = describeBuiltinTypes(DENO_CAPABILITIES);
  const { diagnostics } = loadTopology({ source, types, env: () => null, defaultName: null, baseDirectory: null });
  assert.equal(renderDiagnostics(diagnostics), "");
});
