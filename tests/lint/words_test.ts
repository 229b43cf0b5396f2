/**
 * Words that users never read: those that CONTRIBUTING's glossary replaces by the standard terms of the field. Held for
 * the texts of the program; comments and documents are for a reader to judge.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";
import { SOURCE_ROOT } from "./place.ts";

/** What is written instead, by the word that is not. */
const INSTEAD: Readonly<Record<string, string>> = {
  "anew": "again, or recreated",
  "by hand": "manually",
  "hands": "manual changes",
  "made so": "applied",
  "nobody": "no process, no client, no node",
  "whoever": "the user, the client, the process",
  "just now": "currently",
  "is wanted": "is needed, or the desired state",
  "are wanted": "are needed",
  "is told": "is reported, or receives",
  "are told": "are reported",
  "tells of": "reports",
  "speaks of": "refers to",
  "what came of": "the result of",
  "undo": "roll back, or revert",
  "undone": "rolled back",
  "undoing": "rolling back",
  "tried again": "retried",
  "take back": "revert",
  "taken back": "reverted",
  "well again": "recovered",
  "for ever": "forever",
  "there twice": "occurs twice",
  "that is no": "that is not a, or other than",
  "hangs on": "is joined to",
  "has it come": "belongs to",
  "those that are left": "the open ones",
  "takes no sockets": "cannot hold sockets",
};

/** What stands between quotes or backquotes on one line. */
const TEXT = /"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const COMMENT = /^\s*(?:\/?\*|\/\/)/;
const WORDS = new RegExp(`\\b(?:${Object.keys(INSTEAD).join("|")})\\b`, "i");

function findWords(source: string): readonly string[] {
  return source.split("\n").flatMap((line, index) => {
    if (COMMENT.test(line)) return [];
    return [...line.matchAll(TEXT)].flatMap(([text]) => {
      // A name of the code has no blank.
      const word = text.includes(" ") ? WORDS.exec(text)?.[0] : undefined;
      return word === undefined ? [] : [`${index + 1}: ${text}: write ${INSTEAD[word.toLowerCase()]}, not "${word}"`];
    });
  });
}

test("findWords() finds a word in a text, and none in a comment or a name", () => {
  assert.equal(findWords('const a = { kind: "change", cause: "tried again" };').length, 1);
  assert.equal(findWords('const a = "Makes the node anew";').length, 1);
  assert.equal(findWords("throw new Error(`Nobody ${who} answers`);").length, 1);
  assert.deepEqual(findWords('/** Makes it anew. */\n * by hand\n// nobody\nconst undo = "undo";'), []);
});

test("the texts of the program use the standard terms", () => {
  const files = readdirSync(SOURCE_ROOT, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  assert.ok(files.length > 100);
  const found = files.flatMap((file) => {
    return findWords(readFileSync(join(SOURCE_ROOT, file), "utf8")).map((line) => `${file}:${line}`);
  });
  assert.deepEqual(found, []);
});
