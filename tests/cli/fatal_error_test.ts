/**
 * What an engine in the background leaves in its log when an error that nothing catches ends it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../conformance/folder.ts";
import { test } from "../harness.ts";
import { run } from "../support/process.ts";

const CHILD = fileURLToPath(new URL("./fatal_child.ts", import.meta.url));
const ARGS = "Deno" in globalThis ? ["run", "-A", "--no-prompt", CHILD] : [CHILD];

for (const kind of ["rejection", "exception"]) {
  for (const format of ["text", "json"]) {
    test(`logFatalErrors() writes the stack of an uncaught ${kind} to the log and exits with 1 (${format})`, {
      timeoutMs: 60_000,
    }, async () => {
      const folder = temporaryFolder();
      try {
        const path = join(folder.path, "s.log");
        const { code, stderr } = await run(process.execPath, [...ARGS, kind, path, format]);
        assert.equal(code, 1, stderr);
        const text = readFileSync(path, "utf8");
        if (format === "text") return assert.match(text, /^\S+Z error .*nothing catches this\n +at .*fatal_child\.ts/);
        const { level, message } = JSON.parse(text);
        assert.equal(level, "error");
        assert.match(message, /nothing catches this\n +at .*fatal_child\.ts/);
      } finally {
        folder.remove();
      }
    });
  }
}
