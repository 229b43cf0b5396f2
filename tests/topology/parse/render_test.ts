import fc from "fast-check";
import assert from "node:assert/strict";
import {
  type Diagnostic,
  DiagnosticCollector,
  diagnosticData,
  summarize,
} from "../../../src/topology/parse/diagnostic.ts";
import { renderDiagnostic, type RenderOptions } from "../../../src/topology/parse/render.ts";
import { positionAt } from "../../../src/topology/parse/source.ts";
import { cellsOf } from "../../../src/topology/parse/render.ts";
import { displayWidth } from "../../../src/display_width.ts";
import { test } from "../../harness.ts";

function diagnosticAt(text: string, marked: string, hint: string | null = null): Diagnostic {
  const collector = new DiagnosticCollector({ name: "x.yaml", text });
  const start = text.indexOf(marked);
  collector.error("bad-argument", { message: "Wrong", span: { start, end: start + marked.length }, hint });
  const [diagnostic] = collector.list();
  assert.ok(diagnostic !== undefined);
  return diagnostic;
}

/** The source line and the caret line, without the gutter. */
function snippet(text: string, marked: string, options: RenderOptions = {}): readonly string[] {
  return renderDiagnostic(diagnosticAt(text, marked), options).split("\n").slice(1).map((line) => line.slice(6));
}

test("renderDiagnostic() is as the contract shows it", () => {
  const text = `${"\n".repeat(8)}      mesages:\n`;
  assert.equal(
    renderDiagnostic(diagnosticAt(text, "mesages", 'did you mean "messages"?')),
    `x.yaml:9:7 error[bad-argument]: Wrong
  9 |       mesages:
    |       ^^^^^^^ did you mean "messages"?`,
  );
});

test("renderDiagnostic() widens its gutter for long line numbers", () => {
  const lines = renderDiagnostic(diagnosticAt(`${"\n".repeat(12344)}a: b`, "b")).split("\n");
  assert.deepEqual(lines.slice(1), ["12345 | a: b", "      |    ^"]);
});

test("renderDiagnostic() puts the caret under tabs, wide and combining characters, and line ends", () => {
  assert.deepEqual(snippet("a\tb", "b"), ["a   b", "    ^"]);
  assert.deepEqual(snippet("前後 x", "x"), ["前後 x", "     ^"]);
  assert.deepEqual(snippet("e\u0301e\u0301 前", "前"), ["e\u0301e\u0301 前", "   ^^"]);
  assert.deepEqual(snippet("👨‍👩‍👧👍🏽✅ x", "x"), ["👨‍👩‍👧👍🏽✅ x", "       ^"]);
  assert.deepEqual(snippet("\x1b[31m x\r\n", "x"), ["\ufffd[31m x", "      ^"]);
  assert.deepEqual(snippet("a: [b,\nc]", "[b,\nc]"), ["a: [b,", "   ^^^"]);
});

test("renderDiagnostic() truncates a long line around the caret", () => {
  const text = `${"a".repeat(100)}HERE${"b".repeat(100)}`;
  const [line = "", caret = ""] = snippet(text, "HERE", { width: 46 });
  assert.equal([...line].length, 40);
  assert.equal(line.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1), "HERE");
  assert.match(line, /^…a+HEREb+…$/);
  const [, long = ""] = snippet(`${"x".repeat(500)}`, "x".repeat(500), { width: 46 });
  assert.ok(long.length <= 40);
});

test("renderDiagnostic() colours by the style it is given", () => {
  const style = {
    error: (text: string) => `<e>${text}</e>`,
    warning: (text: string) => text,
    caret: (text: string) => `<c>${text}</c>`,
    gutter: (text: string) => text,
  };
  const text = renderDiagnostic(diagnosticAt("a: b", "b"), { style });
  assert.equal(text, "x.yaml:1:4 <e>error[bad-argument]</e>: Wrong\n  1 | a: b\n    |    <c>^</c>");
});

test("positionAt() counts code points", () => {
  const file = { name: "x", text: "😀😀b\nc" };
  assert.deepEqual(positionAt(file, 4), { line: 1, column: 3 });
  assert.deepEqual(positionAt(file, 6), { line: 2, column: 1 });
  assert.deepEqual(positionAt(file, 99), { line: 2, column: 2 });
});

test("summarize() counts errors and warnings", () => {
  const error = diagnosticAt("a", "a");
  const warning = { ...error, severity: "warning" as const };
  assert.equal(summarize([error, warning, error]), "2 errors, 1 warning");
  assert.equal(summarize([warning]), "1 warning");
  assert.equal(summarize([]), "");
});

test("diagnosticData() has line and column, or none for a whole file", () => {
  const diagnostic = diagnosticAt("a: b", "b");
  assert.deepEqual(diagnosticData(diagnostic), {
    code: "bad-argument",
    severity: "error",
    message: "Wrong",
    file: "x.yaml",
    line: 1,
    column: 4,
    hint: null,
  });
  assert.equal(diagnosticData({ ...diagnostic, span: null }).line, null);
});

test("renderDiagnostic() prints the column of the character that the caret stands under", () => {
  const units = fc.constantFrom(
    "a",
    " ",
    ":",
    "\t",
    "\u524d",
    "\u0301",
    "\u{1f600}",
    "\u200d",
    "\ufe0f",
    "\r",
    "\n",
    "\r\n",
    "\x1b",
  );
  const texts = fc.array(units, { maxLength: 40 }).map((parts) => parts.join(""));
  fc.assert(fc.property(texts, fc.nat(), fc.nat(), (text, from, length) => {
    const start = from % (text.length + 1);
    // The middle of a pair of surrogates is no place.
    fc.pre((text.charCodeAt(start) & 0xfc00) !== 0xdc00);
    const collector = new DiagnosticCollector({ name: "x.yaml", text });
    collector.error("bad-argument", {
      message: "Wrong",
      span: { start, end: Math.min(text.length, start + length % 9) },
    });
    const [diagnostic] = collector.list();
    assert.ok(diagnostic !== undefined);
    const [head = "", , marks = ""] = renderDiagnostic(diagnostic, { width: 1_000 }).split("\n");
    const [, line = 0, column = 0] = (/^x\.yaml:(\d+):(\d+) /.exec(head) ?? []).map(Number);
    const before = [...(text.split("\n")[line - 1] ?? "")].slice(0, column - 1).join("");
    const width = cellsOf(before, 0).reduce((sum, cell) => sum + displayWidth(cell), 0);
    assert.equal(marks.indexOf("^") - "    | ".length, width, JSON.stringify({ text, start }));
    const { line: dataLine, column: dataColumn } = diagnosticData(diagnostic);
    assert.deepEqual([dataLine, dataColumn], [line, column]);
  }));
});
