/**
 * Files of the machine: what a write leaves behind that fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { openLogFile } from "../../../src/runtimes/host/log_file.ts";
import { takePidLock } from "../../../src/runtimes/host/pid_lock.ts";
import { nodeFiles } from "../../../src/runtimes/host/node_files.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";
import { textFrom } from "../../support/process.ts";

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

/** A folder in which another user has put links to a file of ours. */
async function withVictim(body: (place: { folder: string; victim: string }) => Promise<void>): Promise<void> {
  const { path: folder, remove } = temporaryFolder();
  try {
    const victim = join(folder, "victim");
    await writeFile(victim, "precious");
    await body({ folder, victim });
    assert.equal(await readFile(victim, "utf8"), "precious");
  } finally {
    remove();
  }
}

test("Files.write() replaces a link and never writes through it", () =>
  withVictim(async ({ folder, victim }) => {
    const path = join(folder, "p.json");
    await symlink(victim, path);
    await symlink(victim, `${path}.${process.pid}.tmp`);
    await nodeFiles.write(path, "plan", { mode: 0o600 });
    assert.equal(await readFile(path, "utf8"), "plan");
  }));

test("Files.write() replaces no device and no socket, also behind a link", () =>
  withVictim(async ({ folder }) => {
    const device = join(folder, "stdout");
    await symlink("/dev/null", device);
    const path = join(folder, "s");
    const server = createServer().listen(path);
    await once(server, "listening");
    for (const place of [device, path]) {
      await assert.rejects(nodeFiles.write(place, "plan", { mode: 0o600 }), { code: "EINVAL" });
    }
    server.close();
    await once(server, "close");
    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith(".tmp")), []);
  }));

test("openLogFile() refuses a symbolic link, a hard link and what is no file", () =>
  withVictim(async ({ folder, victim }) => {
    await symlink(victim, join(folder, "soft.log"));
    await link(victim, join(folder, "hard.log"));
    await mkdir(join(folder, "folder.log"));
    for (const name of ["soft.log", "hard.log", "folder.log"]) {
      assert.throws(() => openLogFile(join(folder, name), { maxBytes: 10 }), /Cannot write the log/, name);
    }
  }));

const sandboxed = "Deno" in globalThis ? null : "Deno's permissions are tried";

test(
  "openLogFile() refuses a symbolic link within Deno's permissions too",
  { skip: sandboxed },
  () =>
    withVictim(async ({ folder, victim }) => {
      const links = [join(folder, "soft.log"), join(folder, "nowhere.log")] as const;
      await symlink(victim, links[0]);
      await symlink(join(folder, "created"), links[1]);
      const module = new URL("../../../src/runtimes/host/log_file.ts", import.meta.url).href;
      const program = `import { openLogFile } from ${JSON.stringify(module)};
      for (const path of ${JSON.stringify(links)}) {
        try { openLogFile(path, { maxBytes: 10 }).write("mine"); } catch (error) { console.log(error.code); }
      }`;
      const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys=uid"];
      const text = await textFrom(process.execPath, ["run", "--no-prompt", ...permissions, "-"], { input: program });
      assert.equal(text, "ELOOP\nELOOP\n");
      assert.equal((await readdir(folder)).includes("created"), false);
    }),
);

test("takePidLock() writes to no file that a link leads to", () =>
  withVictim(async ({ folder, victim }) => {
    const path = join(folder, "lock");
    await symlink(victim, path);
    const lock = await takePidLock(path);
    await lock?.release();
  }));

test("nodeFiles.read() refuses a device without end as soon as the limit is reached", async () => {
  const large = nodeFiles.read("/dev/zero", { maxBytes: 64 * 1024 * 1024 });
  await assert.rejects(large, { code: "E2BIG" });
});

test("nodeFiles.read() gives up a pipe without a writer, and reads one with a writer to its end", async () => {
  const { path: folder, remove } = temporaryFolder();
  try {
    const [alone, path] = [join(folder, "alone"), join(folder, "p")];
    await promisify(execFile)("mkfifo", [alone, path]);
    await assert.rejects(nodeFiles.read(alone, { maxBytes: 10, writerWithinMs: 1 }), { code: "ETIMEDOUT" });
    // The wait of the system goes on until there is a writer.
    await (await open(alone, "r+")).close();
    const [octets] = await Promise.all([
      nodeFiles.read(path, { maxBytes: 10, writerWithinMs: 60_000 }),
      promisify(execFile)("sh", ["-c", 'echo text > "$0"', path]),
    ]);
    assert.equal(new TextDecoder().decode(octets), "text\n");
  } finally {
    remove();
  }
});
