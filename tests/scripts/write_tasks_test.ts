/**
 * What follows from the verbs is as the script writes it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { generatedFiles } from "../../scripts/write_tasks.ts";
import { test } from "../harness.ts";

test("deno.json, package.json, README and docs/security.md have what follows from the verbs", async () => {
  const files = await generatedFiles();
  assert.equal(files.length, 4);
  const stale = files.filter(({ isStale }) => isStale).map(({ file }) => file);
  assert.deepEqual(stale, [], 'run "deno run -A scripts/write_tasks.ts"');
});
