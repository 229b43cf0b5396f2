/**
 * A file that grows while others move it away, or shorten it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, readFile, rename, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAppendFile } from "../../../src/runtimes/host/append_file.ts";
import { test } from "../../harness.ts";
import { withFolder } from "../../support/folder.ts";
import { code } from "../../support/network.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("An appended file is opened again where it was moved away, and continues where it was shortened", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    const file = await openAppendFile(path);
    await file.write(bytes("one\n"));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await file.reopen();
    await file.write(bytes("two\n"));
    await rename(path, `${path}.1`);
    await file.reopen();
    await file.write(bytes("three\n"));
    await truncate(path, 0);
    await file.reopen();
    await file.write(bytes("four\n"));
    await file.close();
    assert.equal(await readFile(`${path}.1`, "utf8"), "one\ntwo\n");
    assert.equal(await readFile(path, "utf8"), "four\n");
  }));

test("An appended file is neither a link nor a folder, and links that appear later are not followed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    await writeFile(join(folder, "other"), "untouched");
    await symlink("other", path);
    await assert.rejects(openAppendFile(path), code("EACCES"));
    await mkdir(join(folder, "inside"));
    await assert.rejects(openAppendFile(join(folder, "inside")), code("EISDIR"));
    const file = await openAppendFile(join(folder, "own"));
    await rename(join(folder, "own"), join(folder, "moved"));
    await symlink("other", join(folder, "own"));
    await assert.rejects(file.reopen(), code("EACCES"));
    await file.write(bytes("still there\n"));
    await file.close();
    assert.equal(await readFile(join(folder, "other"), "utf8"), "untouched");
    assert.equal(await readFile(join(folder, "moved"), "utf8"), "still there\n");
  }));
