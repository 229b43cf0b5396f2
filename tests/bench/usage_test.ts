/**
 * What the benchmark says of itself, which opens nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";
import { run } from "../support/process.ts";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const skip = "Deno" in globalThis ? null : "the benchmark is a program for Deno";

test("bench --help prints its usage and is no error", { skip }, async () => {
  const { code, stdout, stderr } = await run(process.execPath, ["run", "-A", "--no-prompt", MAIN, "--help"]);
  assert.equal(code, 0, stderr);
  assert.match(new TextDecoder().decode(stdout), /^Usage: deno task bench/);
});

test("bench refuses an option that it does not have", { skip }, async () => {
  const { code, stdout } = await run(process.execPath, ["run", "-A", "--no-prompt", MAIN, "--nonsense"]);
  assert.deepEqual([code, stdout.length], [64, 0]);
});
