/**
 * Files of the machine: what a write leaves behind that fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeFiles } from "../../../src/runtimes/host/node_files.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";

test("Files.write() leaves nothing aside, whether it replaces a file or fails", async () => {
  const { path: folder, remove } = temporaryFolder();
  try {
    await nodeFiles.write(join(folder, "a"), "1", { mode: 0o600 });
    await nodeFiles.write(join(folder, "a"), "2", { mode: 0o600 });
    assert.equal(await readFile(join(folder, "a"), "utf8"), "2");
    await mkdir(join(folder, "taken"));
    await assert.rejects(nodeFiles.write(join(folder, "taken"), "3", { mode: 0o600 }));
    assert.deepEqual((await readdir(folder)).sort(), ["a", "taken"]);
  } finally {
    remove();
  }
});
