/** Whatever a file, a name or an argument holds, no control character of it reaches a terminal or a log. */
import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { TestFolder } from "./program.ts";

const ESCAPES = String.raw`\e]0;owned\a\x9b31m\u202e`;
/** Where a file has text that some output shows. */
const FILES: Readonly<Record<string, string>> = {
  "type.yaml": `nodes: { a: { type: "${ESCAPES}" } }`,
  "name.yaml": `nodes: { "${ESCAPES}": { type: hole } }`,
  "key.yaml": `nodes: { a: { type: hole, "${ESCAPES}": 1 } }`,
  "value.yaml":
    `nodes: { a: { type: ksocket, hook: inet/stream/tcp, messages: [{ bind: "inet/127.0.0.1:${ESCAPES}" }] } }`,
  "option.yaml": `nodes: { a: { type: ksocket, hook: "inet/stream/${ESCAPES}" } }`,
  "variable.yaml": `nodes: { a: { type: "\${NONE:?${ESCAPES}}" } }`,
  "described.yaml": `description: "${ESCAPES}"\nnodes: { a: { type: hole } }`,
};
/** Everything but what ends a line. */
// deno-lint-ignore no-control-regex -- Control characters are what this is about.
const RAW = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/;

test("no output holds control characters of a file or an argument", { timeoutMs: 120_000 }, async () => {
  await using place = await TestFolder.open();
  for (const [name, text] of Object.entries(FILES)) await place.write(name, `${text}\n`);
  const names = Object.keys(FILES);
  const runs: readonly (readonly string[])[] = [
    ["validate", ...names],
    ["graph", "--format", "svg", "described.yaml"],
    ["graph", "--format", "dot", "described.yaml"],
    ["status", "\x1b[31mname"],
    ["\x1b[31mverb"],
    ["apply", "\x1b[31mfile.yaml"],
    ["apply", "http://127.0.0.1:1/\x1b[31mfile.yaml"],
    ["msg", "\x1b[31m:", "\x9b31m"],
  ];
  for (const words of runs) {
    const { stdout, stderr } = await place.run(...words);
    assert.ok(stdout.length + stderr.length > 0, words.join(" "));
    assert.doesNotMatch(stdout + stderr, RAW, words.join(" "));
  }
});

test("${constructor} and what else every object has are no variables", { timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
    await place.write("one.yaml", `nodes: { a: { type: "\${${name}:-hole}" } }\n`);
    const { code, stderr } = await place.run("validate", "one.yaml");
    assert.equal(code, 0, stderr);
  }
});
