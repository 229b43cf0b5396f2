/**
 * The reference vectors of ngctl: commands, lines, octets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { matchCommand } from "../../../src/cli/ngctl/commands.ts";
import { parseOctet } from "../../../src/cli/ngctl/octet.ts";
import { splitLine } from "../../../src/cli/ngctl/words.ts";
import { test } from "../../harness.ts";

interface Vector {
  readonly kind: string;
  readonly in: string;
  readonly command?: string;
  readonly error?: string;
  readonly argv?: readonly string[];
  readonly skipped?: boolean;
  readonly value?: number | null;
}

const STRICT = { strict: true };
const vectors: readonly Vector[] = readFileSync(new URL("../../reference/vectors.jsonl", import.meta.url), "utf8")
  .split("\n").filter((line) => line.includes('"kind": "ngctl_')).map((line) => JSON.parse(line));

function of(kind: string): readonly Vector[] {
  const found = vectors.filter((vector) => vector.kind === kind);
  assert.ok(found.length > 0, kind);
  return found;
}

test("matchCommand() holds to the vectors", () => {
  for (const { in: word, command, error } of of("ngctl_command")) {
    const match = matchCommand(word);
    assert.equal(match.kind, error ?? "found", word);
    if (match.kind === "found") assert.equal(match.command, command, word);
  }
});

test("splitLine() strictly holds to the vectors", () => {
  for (const { in: line, argv, skipped, error } of of("ngctl_line")) {
    const words = splitLine(line, STRICT);
    if (skipped === true) assert.deepEqual(words, [], line);
    if (argv !== undefined) assert.deepEqual(words, argv, line);
    if (error !== undefined) assert.equal(matchCommand(words[0] ?? "").kind, "unknown", line);
  }
});

test("parseOctet() strictly holds to the vectors", () => {
  for (const { in: text, value } of of("ngctl_write_byte")) {
    assert.equal(parseOctet(text, STRICT), value ?? null, text);
  }
});
