/**
 * An open file does not block the thread, although the other side of it stalls.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openHostFile } from "../../../src/runtimes/host/host_file.ts";
import { test } from "../../harness.ts";
import { withFolder } from "../../support/folder.ts";

test("HostFile.write() does not block the thread while a pipe is full", () =>
  withFolder(async (folder) => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const file = await openHostFile(path, constants.O_WRONLY | constants.O_APPEND);
    const piece = new Uint8Array(1 << 20);
    const writing = (async () => {
      for (let done = 0; done < piece.length;) done += await file.write(piece.subarray(done));
    })();
    // The thread has turns although the pipe is full, so it can empty it.
    const into = new Uint8Array(1 << 16);
    for (let read = 0; read < piece.length;) {
      read += await reader.read(into, 0, into.length).then(({ bytesRead }) => bytesRead, () => 0);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await writing;
    await file.close();
    await reader.close();
  }));

test("HostFile reads, appends and empties a file, and states what it is", () =>
  withFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, "one");
    const file = await openHostFile(path, constants.O_WRONLY | constants.O_APPEND);
    await file.write(new TextEncoder().encode(" two"));
    await file.datasync();
    const facts = await file.stat();
    assert.deepEqual([facts.size, facts.isFile, facts.isCharacterDevice], [7, true, false]);
    const same = await openHostFile(path, constants.O_RDONLY);
    assert.equal((await same.stat()).identity, facts.identity);
    const into = new Uint8Array(9);
    assert.equal(await same.read(into), 7);
    assert.equal(new TextDecoder().decode(into.subarray(0, 7)), "one two");
    assert.equal(await same.read(into), 0);
    await file.empty();
    assert.equal((await file.stat()).size, 0);
    await file.close();
    await same.close();
  }));
