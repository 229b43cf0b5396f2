/**
 * Bad texts and what people are told about them: `<case>.yaml` beside `<case>.txt`, compared octet for octet.
 *
 * `GOLDEN=update deno test -A tests/diagnostics` writes the texts anew; read the difference before you commit it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { summarize } from "../../src/topology/diagnostic.ts";
import { decodeSource, loadTopology } from "../../src/topology/load.ts";
import { renderDiagnostics } from "../../src/topology/render.ts";
import { test } from "../harness.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);
/** Cases that show several problems at once, or warnings; every other one has a single error. */
const SUMMARIES: Readonly<Record<string, string>> = {
  shared_one_hook: "2 errors",
  many_lines: "3 errors",
  datagram_accept: "6 errors",
  accept_alone: "1 warning",
  fan_out_cycle: "1 warning",
  mixed_flow: "1 warning",
  lossy_line: "1 warning",
  lossy_stream: "1 warning",
  same_address: "1 error, 2 warnings",
  useless_sockets: "7 warnings",
  admits_nothing: "4 errors",
  missing_port: "3 errors",
  unused_template: "2 warnings",
  tee_on_hub: "",
  other_tools: "8 errors",
  wrong_protocol: "3 errors",
  misaligned: "6 errors",
  wrong_forms: "12 errors",
  foreign_words: "14 errors",
  inner_messages: "16 errors, 1 warning",
  needs_items: "3 errors, 3 warnings",
};

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".yaml")).sort()) {
  const name = file.replace(/\.yaml$/, "");
  test(`diagnostics ${name}`, () => {
    const { text, summary } = diagnose(file, readFileSync(`${FOLDER}${file}`));
    const golden = `${FOLDER}${name}.txt`;
    if (process.env["GOLDEN"] === "update") writeFileSync(golden, text);
    assert.equal(summary, SUMMARIES[name] ?? "1 error", text);
    assert.equal(text, readFileSync(golden, "utf8"));
  });
}

function diagnose(file: string, octets: Uint8Array): { text: string; summary: string } {
  const decoded = decodeSource(file, octets);
  const { diagnostics } = decoded.ok
    ? loadTopology({
      source: decoded.source,
      types: TYPES,
      env: () => null,
      defaultName: "golden",
      baseDirectory: "/srv/topologies",
    })
    : decoded;
  return { text: `${renderDiagnostics(diagnostics, { width: 100 })}\n`, summary: summarize(diagnostics) };
}
