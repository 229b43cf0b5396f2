/**
 * Invalid texts and their messages: `<case>.yaml` beside `<case>.txt`, compared octet for octet.
 *
 * `GOLDEN=update deno test -A tests/diagnostics` writes the texts again; read the difference before you commit it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { type Diagnostic, summarize } from "../../src/topology/parse/diagnostic.ts";
import { decodeSource, loadTopology } from "../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { positionAt, type Span } from "../../src/topology/parse/source.ts";
import { test } from "../harness.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);
/** Cases that show several problems at once, or warnings; every other one has a single error. */
const SUMMARIES: Readonly<Record<string, string>> = {
  each_mistakes: "15 errors",
  parameter_mistakes: "9 errors",
  depends_mistakes: "9 errors",
  pool_mistakes: "8 errors, 1 warning",
  shared_one_hook: "2 errors",
  many_lines: "3 errors",
  many_in_argument: "7 errors",
  datagram_accept: "6 errors",
  accept_alone: "1 warning",
  fan_out_cycle: "1 warning",
  mixed_flow: "1 warning",
  lossy_line: "1 warning",
  lossy_stream: "1 warning",
  same_address: "1 error, 2 warnings",
  useless_sockets: "8 warnings",
  admits_nothing: "4 errors",
  missing_port: "3 errors",
  unused_template: "3 warnings",
  tee_on_hub: "",
  other_tools: "8 errors",
  wrong_protocol: "3 errors",
  misaligned: "6 errors",
  wrong_forms: "12 errors",
  foreign_words: "14 errors",
  words_of_proxies: "10 errors",
  inner_messages: "16 errors, 1 warning",
  missing_blanks: "20 errors",
  zeros: "4 errors",
  not_joined: "2 warnings",
  followed_advice: "11 errors",
  needs_items: "3 errors, 3 warnings",
  tls_settings: "8 errors",
  route_mistakes: "20 errors",
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

const environment = (name: string): string => name === "PORT" ? "8080" : "inet/127.0.0.1:80";

/** The parts of a text that a caret may mean: what it stands under, the word around, a number before it, the line's rest. */
function valuesAround(text: string, { start, end }: Span, written: string): readonly Span[] {
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const word = start - (/[^\s{}[\],"']*$/.exec(line)?.[0].length ?? 0);
  const number = start - (/[^\s{}[\],"'=]*\s*$/.exec(line)?.[0].length ?? 0);
  const wordEnd = end + (/^[^\s{}[\],"']*/.exec(text.slice(end))?.[0].length ?? 0);
  const lineEnd = end + (/^.*/.exec(text.slice(end))?.[0].length ?? 0);
  const again = line.lastIndexOf(written);
  const message = again < 0 ? [] : [{ start: start - line.length + again, end }];
  return [...message, { start, end }, { start: word, end: wordEnd }, { start: number, end }, { start, end: lineEnd }];
}

/** What a hint names that is to be put in by the reader. */
const BLANKS = /[A-Z]{4}|\u2026|^(?:a|an|the|one|less) /;
/** What a hint says behind the text to write. */
const BEHIND = /(?:, (?:or|and) .*|: (?:the|it|an|units) .*| (?:alone|for|where|without|with)(?: .*)?)$/;

test("diagnostics: a text that is written as its hint says has no error there any more", () => {
  let applied = 0;
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"))) {
    const { diagnostics } = read(file, readFileSync(`${FOLDER}${file}`), environment);
    for (const { hint, span, file: source, message } of diagnostics) {
      const written = /(?:^|: )write (.+)$/.exec(hint ?? "")?.[1]?.replace(BEHIND, "");
      // How a list becomes a mapping is said, not written.
      if (
        written === undefined || span === null || hint?.startsWith("names are keys") === true || BLANKS.test(written)
      ) continue;
      const before = new Set(diagnostics.filter((one) => one.message !== message).map((one) => one.message));
      const { line } = positionAt(source, span.start);
      const left = valuesAround(source.text, span, written).map(({ start, end }) => {
        const text = source.text.slice(0, start) + written + source.text.slice(end);
        return read(file, new TextEncoder().encode(text), environment).diagnostics.filter((one) => {
          return one.severity === "error" && one.span !== null && !before.has(one.message) &&
            !/ is missing$|^Runtime /.test(one.message) &&
            positionAt(one.file, one.span.start).line === line;
        }).map((one) => one.message);
      });
      assert.ok(left.some(({ length }) => length === 0), `${file}:${line}: ${message}: write ${written}: ${left}`);
      applied++;
    }
  }
  assert.ok(applied > 20, `${applied} hints`);
});

function read(
  file: string,
  octets: Uint8Array,
  env: (name: string) => string | null = () => null,
): { readonly diagnostics: readonly Diagnostic[] } {
  const decoded = decodeSource(file, octets);
  return decoded.ok
    ? loadTopology({
      source: decoded.source,
      types: TYPES,
      env,
      defaultName: "golden",
      baseDirectory: "/srv/topologies",
    })
    : decoded;
}

function diagnose(file: string, octets: Uint8Array): { text: string; summary: string } {
  const { diagnostics } = read(file, octets);
  return { text: `${renderDiagnostics(diagnostics, { width: 100 })}\n`, summary: summarize(diagnostics) };
}
