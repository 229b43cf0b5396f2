/**
 * The reference vectors of ngctl: commands, lines, octets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { matchCommand } from "../../../../src/cli/verbs/ngctl/commands.ts";
import { parseOctet } from "../../../../src/cli/verbs/ngctl/write.ts";
import { splitLine } from "../../../../src/cli/verbs/ngctl/words.ts";
import { VectorTests } from "../../../support/vectors.ts";

const STRICT = { strict: true };
const tests = new VectorTests("tests/cli/ngctl/vectors_test.ts");

tests.each("ngctl_command", ({ in: word = "", command, error }) => {
  const match = matchCommand(word);
  assert.equal(match.kind, error ?? "found");
  if (match.kind === "found") assert.equal(match.command, command);
});

tests.each("ngctl_line", ({ in: line = "", argv, skipped, error }) => {
  const words = splitLine(line, STRICT);
  if (skipped === true) assert.deepEqual(words, []);
  else if (error === undefined) assert.deepEqual(words, argv);
  else assert.equal(matchCommand(words[0] ?? "").kind, "unknown");
});

tests.each("ngctl_write_byte", ({ in: text = "", value }) => {
  assert.equal(parseOctet(text, STRICT), value ?? null);
});

tests.done();
