import { deepEqual, equal, ok } from "node:assert/strict";
import { suggest } from "../../../../src/cli/args/suggest.ts";
import { VERBS } from "../../../../src/cli/verbs/table.ts";
import { test } from "../../../harness.ts";

const CHOICES = { runtimes: ["deno", "posix"] } as const;

/** A line, where `|` parts its words; the words that it may end on; and what else is needed there. */
const LINES: readonly (readonly [line: string, words: readonly string[], hints: readonly string[]])[] = [
  ["ap", ["apply"], []],
  ["--no-color|ap", ["apply"], []],
  ["--h", ["--help"], []],
  ["help|sch", ["schema"], []],
  ["nonsense|", [], []],
  ["apply|", [], ["sources"]],
  ["apply|a.yaml|", [], ["sources"]],
  ["apply|--wait|", [], ["sources"]],
  ["apply|--runtime|", ["deno", "posix"], []],
  ["apply|--runtime=p", ["--runtime=posix"], []],
  ["apply|-o|j", ["json"], []],
  ["apply|--no-r", ["--no-rollback"], []],
  ["apply|--state|", [], ["folders"]],
  ["apply|--control=", [], ["--control= files"]],
  ["status|-o|", ["table", "tree", "json", "yaml"], []],
  ["status|", [], ["topologies"]],
  ["status|--node|", [], ["nodes"]],
  ["drain|web", [], ["nodes"]],
  ["export|--format|", ["yaml", "ngctl"], []],
  ["types|", [], ["types"]],
  ["completions|", ["bash", "zsh", "fish"], []],
  ["msg|", [], ["paths"]],
  ["msg|--c", ["--control"], []],
  ["msg|web/front:|", [], ["commands"]],
  ["msg|web/front:|bind|", [], []],
  ["msg|web/front:|bind|--", [], []],
  ["ngctl|-f|", [], ["files"]],
];

for (const [line, words, hints] of LINES) {
  test(`suggest() goes on from ${JSON.stringify(line.replaceAll("|", " "))}`, () => {
    const found = suggest(line.split("|"), CHOICES);
    deepEqual(found.words.map(({ text }) => text), words);
    deepEqual(found.hints.map(({ lead, hint }) => `${lead} ${hint}`.trim()), hints);
  });
}

test("suggest() offers every verb, each with its summary", () => {
  const { words } = suggest([""], CHOICES);
  for (const [verb, { summary }] of Object.entries(VERBS)) {
    equal(words.find(({ text }) => text === verb)?.about, summary);
  }
});

test("suggest() offers short and long options behind one dash, and help", () => {
  const words = suggest(["status", "-"], CHOICES).words.map(({ text }) => text);
  for (const option of ["-w", "-o", "--watch", "--control", "--help"]) ok(words.includes(option), option);
});
