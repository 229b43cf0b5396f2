/**
 * Files by `node:fs`, on both hosts.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { type BigIntStats, existsSync, rmSync, statSync } from "node:fs";
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { GrowingBuffer } from "../../growing_buffer.ts";
import type { FileFact, Files } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { openAppendFile } from "./append_file.ts";

const MAX_PIECE_BYTES = 256 * 1024;

/**
 * The files of the machine.
 *
 * @param namesIn lists a folder: `readdir`, unless the host has a better way
 */
export const filesBy = (namesIn: (path: string) => Promise<readonly string[]>): Files => ({
  read: (path, options) => guarded(`Cannot read "${path}"`, () => readAll(path, options)),
  list: (path) => guarded(`Cannot list "${path}"`, async () => [...await namesIn(path)].sort()),
  stat: (path) => guarded(`Cannot read the status of "${path}"`, () => factOf(path)),
  stamp: (path) => guarded(`Cannot read the status of "${path}"`, () => stampOf(path)),
  stamps: (paths) => paths.map(stampNow),
  write: (path, text, { mode }) => guarded(`Cannot write "${path}"`, () => replaceFile(path, text, mode)),
  openAppend: openAppendFile,
  makeDirectory: (path, { mode }) => guarded(`Cannot create folder "${path}"`, () => makeFolder(path, mode)),
  makeTemporary: (prefix) => guarded("Cannot create a temporary folder", () => makeTemporary(prefix)),
  removeAll: (path) => guarded(`Cannot remove "${path}"`, () => removeAll(path)),
  remove: (path) => guarded(`Cannot remove "${path}"`, () => rm(path, { force: true })),
  readStdin: ({ maxBytes }) =>
    guarded("Cannot read standard input", () => gather(process.stdin, { maxBytes, what: "standard input" })),
  get temporaryDirectory(): string {
    return tmpdir();
  },
});

/** The files of the machine, by `node:fs` alone. */
export const nodeFiles: Files = filesBy((path) => readdir(path));

/** How often the end of the process tries to remove a folder. */
const EXIT_ATTEMPTS = 50;

/** Temporary folders that are in use: they are removed when this process ends, at any moment. */
const temporaries = new Set<string>();

async function makeTemporary(prefix: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  if (temporaries.size === 0) process.on("exit", removeTemporaries);
  temporaries.add(path);
  return path;
}

async function removeAll(path: string): Promise<void> {
  // A killed program may still write for a moment.
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  if (temporaries.delete(path) && temporaries.size === 0) process.off("exit", removeTemporaries);
}

function removeTemporaries(): void {
  for (const path of temporaries) {
    // A program that is being killed may still write into it: Deno ignores maxRetries.
    for (let left = EXIT_ATTEMPTS; left > 0 && existsSync(path); left--) {
      try {
        rmSync(path, { recursive: true, force: true });
      } catch {
        // The process ends: the error can no longer be reported.
      }
    }
  }
}

async function guarded<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw systemError(error, action);
  }
}

async function readAll(
  path: string,
  { maxBytes, writerWithinMs = null }: { maxBytes: number; writerWithinMs?: number | null },
): Promise<Uint8Array> {
  const file = writerWithinMs === null ? await open(path, "r") : await openPipe(path, writerWithinMs);
  try {
    const fact = await file.stat();
    // A pipe or a device has no size: in pieces of one byte, a device without end would take minutes to reach the limit.
    const bytes = fact.isFile() && fact.size > 0 ? fact.size : MAX_PIECE_BYTES;
    return await gather(piecesOf(file, bytes), { maxBytes, what: `"${path}"` });
  } finally {
    await file.close();
  }
}

/** Opening a named pipe waits for a writer: the wait has a time limit. */
async function openPipe(path: string, writerWithinMs: number): Promise<FileHandle> {
  const opening = open(path, "r");
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), writerWithinMs);
  try {
    const file = await Promise.race([opening, late.promise]);
    if (file !== null) return file;
  } finally {
    clearTimeout(timer);
  }
  // Only a writer ends the wait: opening it for reading and writing needs the permission to write.
  opening.then((file) => file.close()).catch(() => {}); // It has failed already.
  const message = `Cannot read "${path}": no process has opened this pipe for writing within ${writerWithinMs} ms`;
  throw new NetgraphError("ETIMEDOUT", message);
}

/** The whole of a file in pieces that share one buffer: a stream's own would be much larger than most files. */
async function* piecesOf(file: FileHandle, bytes: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(Math.min(bytes + 1, MAX_PIECE_BYTES));
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
  }
}

/** Reads to the end, but no more than one piece beyond the limit: it may be a device without end. */
async function gather(
  source: AsyncIterable<Uint8Array | string>,
  limit: { maxBytes: number; what: string },
): Promise<Uint8Array> {
  const gathered = new GrowingBuffer(limit.maxBytes);
  for await (const piece of source) {
    if (gathered.add(typeof piece === "string" ? new TextEncoder().encode(piece) : piece)) continue;
    throw new NetgraphError("E2BIG", `Cannot read ${limit.what}: it is longer than ${limit.maxBytes} bytes`);
  }
  return gathered.whole();
}

async function stampOf(path: string): Promise<string | null> {
  try {
    return formatStamp(await stat(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function stampNow(path: string): string | null {
  try {
    return formatStamp(statSync(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return null;
    throw systemError(error, `Cannot read the status of "${path}"`);
  }
}

function formatStamp({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

function isMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

async function factOf(path: string): Promise<FileFact | null> {
  try {
    const found = await stat(path);
    const kind = found.isFile()
      ? "file"
      : found.isDirectory()
      ? "directory"
      : found.isSocket()
      ? "socket"
      : "special file";
    return { kind, bytes: found.size, uid: found.uid, mode: found.mode & 0o7777 };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** A file would replace a device, a fifo or a socket, of /dev/stdout for example. */
async function requireReplaceable(path: string): Promise<void> {
  const fact = await factOf(path).catch(() => null); // Without the permission to check, the write reports the problem.
  if (fact === null || fact.kind === "file" || fact.kind === "directory") return;
  throw new NetgraphError("EINVAL", `Cannot write "${path}": it is a ${fact.kind}, not a file`);
}

/** Written to a temporary file, synced, renamed: a reader sees the old text or the new one. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await requireReplaceable(path);
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    // Exclusive: an existing file or link of another user is never written to.
    const file = await open(aside, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(aside, mode); // The umask may have removed bits.
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => {}); // The first error is the one to report.
    throw systemErrorCode(error) === "ENOENT" ? missingFolder(`Cannot write "${path}"`, error) : error;
  }
}

/** The system reports that a new file does not exist: the cause is its folder, or a folder such as /proc. */
function missingFolder(action: string, cause: unknown): NetgraphError {
  return new NetgraphError("ENOENT", `${action}: its folder does not exist, or does not allow new files`, { cause });
}

async function makeFolder(path: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await mkdir(path, { mode });
    await chmod(path, mode);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") throw missingFolder(`Cannot create folder "${path}"`, error);
    if (systemErrorCode(error) !== "EEXIST" || !(await lstat(path)).isDirectory()) throw error;
  }
}
