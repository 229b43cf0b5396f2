import assert from "node:assert/strict";
import { DiagnosticCollector } from "../../../src/topology/parse/diagnostic.ts";
import { parseDocuments } from "../../../src/topology/parse/document.ts";
import {
  interpolate,
  placedReferences,
  type ReferenceScope,
  sliceInterpolated,
  spanInInterpolated,
} from "../../../src/topology/parse/interpolation.ts";
import { test } from "../../harness.ts";

const VARIABLES: Readonly<Record<string, string>> = { PORT: "8080", EMPTY: "", DOLLAR: "${a.b}" };

function read(yaml: string, scope: ReferenceScope = "template") {
  const collector = new DiagnosticCollector({ name: "x.yaml", text: yaml });
  const [tree] = parseDocuments(collector);
  assert.ok(tree?.kind === "scalar", yaml);
  const word = interpolate(tree, scope, { collector, env: (name) => VARIABLES[name] ?? null });
  return { word, file: collector.file, codes: collector.list().map((one) => one.code) };
}

/** What of the file a part of the word's text stands for. */
function sourceOf(yaml: string, part: string): string | null {
  const { word, file } = read(yaml);
  if (word === null) return null;
  const start = word.text.indexOf(part);
  const span = spanInInterpolated(file, word, { start, end: start + part.length });
  return yaml.slice(span.start, span.end);
}

test("readWord() puts the environment in", () => {
  const text = (yaml: string) => read(yaml).word?.text;
  assert.equal(text("a:${PORT}"), "a:8080");
  assert.equal(text("${NONE:-127.0.0.1:80}"), "127.0.0.1:80");
  assert.equal(text("${EMPTY:-x}${EMPTY}."), "x.");
  assert.equal(text("${NONE:-}"), "");
  assert.equal(text("$$ $5 $${PORT}"), "$ $5 ${PORT}");
  assert.equal(text("${DOLLAR}"), "${a.b}");
});

test("readWord() keeps references, and escapes what only looks like one", () => {
  const expression = (yaml: string) => read(yaml).word?.expression;
  assert.equal(expression("x ${a.getname.port} ${with.to}"), "x ${a.getname.port} ${with.to}");
  assert.equal(expression("$${a.b} ${a.b}"), "$${a.b} ${a.b}");
  assert.equal(expression("${DOLLAR}"), "$${a.b}");
});

test("readWord() refuses what is no expression, or stands in the wrong place", () => {
  assert.deepEqual(read("${PORT").codes, ["bad-expression"]);
  assert.deepEqual(read("${}").codes, ["bad-expression"]);
  assert.deepEqual(read("${1A}").codes, ["bad-expression"]);
  assert.deepEqual(read("${A:-${B}}").codes, ["bad-expression"]);
  assert.deepEqual(read("${a.b.c.d}").codes, ["bad-expression"]);
  assert.deepEqual(read("${a.b:-x}").codes, ["bad-expression"]);
  assert.deepEqual(read("${with.a.b}").codes, ["bad-expression"]);
  assert.deepEqual(read("${with.a}", "replies").codes, ["bad-expression"]);
  assert.deepEqual(read("${a.b}", "none").codes, ["bad-expression"]);
  assert.deepEqual(read("${NONE} ${NONE:?why} ${EMPTY:?why}").codes, Array(3).fill("missing-variable"));
});

test("spanInWord() finds the text in the file through quotes, escapes and substitutions", () => {
  assert.equal(sourceOf("inet/127.0.0.1:70000", "70000"), "70000");
  assert.equal(sourceOf("'it''s 70000'", "70000"), "70000");
  assert.equal(sourceOf("'it''s 70000'", "t's"), "t''s");
  assert.equal(sourceOf('"\\t\\x41\\u00e9 7\\"0"', '7"0'), '7\\"0');
  assert.equal(sourceOf("a:${PORT}/b", "8080"), "${PORT}");
  assert.equal(sourceOf("a:${PORT}/b", "80/"), "${PORT}/");
  assert.equal(sourceOf("a:${PORT}/b", "b"), "b");
  assert.equal(sourceOf("$$$$x", "x"), "x");
  assert.equal(sourceOf("é ${with.to} z", "${with.to}"), "${with.to}");
  assert.equal(sourceOf("one\n two", "two"), "one\n two");
});

test("sliceWord() keeps places and references of what is left", () => {
  const yaml = "send ${PORT} ${a.getname} $${";
  const { word, file } = read(yaml);
  assert.ok(word !== null);
  const rest = sliceInterpolated(word, 7);
  assert.equal(rest.text, "80 ${a.getname} ${");
  assert.equal(rest.expression, "80 ${a.getname} $${");
  assert.deepEqual(placedReferences(file, rest).map(({ span }) => yaml.slice(span.start, span.end)), ["${a.getname}"]);
});
