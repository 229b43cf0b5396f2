/**
 * Words that CONTRIBUTING's glossary replaces by the standard terms of the field. Refused in the texts of the program, and
 * the clearest of them in comments too; a reader must judge the rest of comments and documents.
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
  "takes exactly": "needs exactly",
  "must stand": "must come",
  "cannot stand": "is not allowed",
  "stands behind": "follows",
  "in a circle": "form a cycle",
  "goes round": "circulates",
  "leads nowhere": "points to a missing file",
  "leads out of": "points outside",
  "given up": "canceled, or no longer retried",
  "broke off": "ended early",
  "on the web": "a web address",
};

/** The same for comments and doc comments of all code: names in backquotes are allowed. */
const INSTEAD_IN_COMMENTS: Readonly<Record<string, string>> = {
  "anybody": "any client, any node",
  "anew": "again, or recreated",
  "by hand": "manually",
  "for ever": "forever",
  "glance": "fingerprint, or check",
  "just now": "currently",
  "made so": "applied",
  "nobody": "no client, no process, nothing",
  "somebody": "a client, a process",
  "told": "notified, called, reported",
  "undo": "roll back",
  "undone": "rolled back",
  "what hands": "manual changes",
  "whoever": "the client, the caller",
};

/** A text between quotes or backquotes on one line. */
const TEXT = /"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const COMMENT = /^\s*(?:\/?\*|\/\/)/;
const WORDS = new RegExp(`\\b(?:${Object.keys(INSTEAD).join("|")})\\b`, "i");

/** Written by scripts/bundle_page.ts, with libraries: the words in it are not ours. */
const BUNDLED = join("engine", "page", "assets.ts");

function sourceFiles(folder: string = SOURCE_ROOT): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts") && file !== BUNDLED);
}

const COMMENT_WORDS = new RegExp(`\\b(?:${Object.keys(INSTEAD_IN_COMMENTS).join("|")})\\b`, "i");
/** A comment on its own line or after code; not `//` in an address. */
const COMMENT_TEXT = /^\s*(?:\/?\*|\/\/)(.*)|[;,{})] \/\/ (.*)/;

function findCommentWords(source: string): readonly string[] {
  let isExample = false;
  return source.split("\n").flatMap((line, index) => {
    if (line.trimStart().startsWith("* ```")) isExample = !isExample;
    const [, whole, trailing] = COMMENT_TEXT.exec(line) ?? [];
    const text = (whole ?? trailing ?? "").replaceAll(/`[^`]*`/g, "");
    const word = isExample ? undefined : COMMENT_WORDS.exec(text)?.[0];
    if (word === undefined) return [];
    return [`${index + 1}: ${text.trim()}: write ${INSTEAD_IN_COMMENTS[word.toLowerCase()]}, not "${word}"`];
  });
}

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

test("findCommentWords() finds a word in a comment, and none in code, names or examples", () => {
  assert.equal(findCommentWords("/** Made anew. */\nconst a = 1; // Nobody waits\n// told\n * whoever").length, 4);
  assert.deepEqual(findCommentWords('const told = "nobody";\n// the kind `undo`\n * ```ts\n * // anew\n * ```'), []);
});

test("the comments of the program, its tests, scripts and benchmarks use the standard terms", () => {
  const folders = [SOURCE_ROOT, ...["tests", "scripts", "bench"].map((name) => join(SOURCE_ROOT, "..", name))];
  const found = folders.flatMap((folder) => {
    return sourceFiles(folder).filter((file) => file !== join("lint", "words_test.ts")).flatMap((file) => {
      return findCommentWords(readFileSync(join(folder, file), "utf8")).map((line) => `${folder}/${file}:${line}`);
    });
  });
  assert.deepEqual(found, []);
});

test("the texts of the program use the standard terms", () => {
  const files = sourceFiles();
  assert.ok(files.length > 100);
  const found = files.flatMap((file) => {
    return findWords(readFileSync(join(SOURCE_ROOT, file), "utf8")).map((line) => `${file}:${line}`);
  });
  assert.deepEqual(found, []);
});
