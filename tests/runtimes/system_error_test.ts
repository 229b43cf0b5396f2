/**
 * What runtimes throw, in words that help.
 *
 * @module
 */

import assert from "node:assert/strict";
import { systemError } from "../../src/runtimes/system_error.ts";
import { test } from "../harness.ts";

test("systemError() reports that Deno opens special files only with all permissions", () => {
  const text = 'Requires all access to "/proc/x", run again with the --allow-all flag';
  const error = systemError(Object.assign(new Error(text), { name: "NotCapable" }), 'Cannot list "/proc/x"');
  assert.equal(error.code, "ENOTCAPABLE");
  assert.match(
    error.message,
    /^Cannot list "\/proc\/x": Deno opens files in \/dev, \/proc and \/sys only with --allow-all/,
  );
});

test("systemError() keeps Deno's words where a flag of its own would do", () => {
  const text = 'Requires write access to "/x", run again with the --allow-write flag';
  const error = systemError(Object.assign(new Error(text), { name: "NotCapable" }), 'Cannot write "/x"');
  assert.match(error.message, /--allow-write/);
});
