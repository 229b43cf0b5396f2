/**
 * A file that grows by `node:fs`, and that others may move away or shorten: it is opened again when another file, or
 * none, is at its path.
 *
 * @module
 */

import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { NetgraphError } from "../../errors.ts";
import type { AppendFile } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** Appends, so that a shortened file starts at 0; a symbolic link is refused: it may lead to a file of another user. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Others may not read who connects. */
const MODE = 0o600;

/** Opens it. */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const action = `Cannot write the log "${path}"`;
  const guarded = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw systemError(error, action);
    }
  };
  let file = await guarded(() => openOwn(path, action));
  return {
    write: (text) => guarded(() => writeAll(file, new TextEncoder().encode(text))),
    reopen: () =>
      guarded(async () => {
        if (await isAt(file, path)) return;
        const next = await openOwn(path, action);
        await file.close();
        file = next;
      }),
    close: () => guarded(() => file.close()),
  };
}

/** A write may be short: on a disk that is nearly full. */
async function writeAll(file: FileHandle, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += (await file.write(octets, at)).bytesWritten;
}

async function openOwn(path: string, action: string): Promise<FileHandle> {
  const refuse = (why: string) => new NetgraphError("EACCES", `${action}: ${why}`);
  // Deno 2.9.6 without --allow-all opens the target of a link in spite of O_NOFOLLOW, and would create it.
  if (await isLink(path)) throw refuse("it is a symbolic link");
  const file = await open(path, FLAGS, MODE);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw refuse("it is not a file");
    if (await isLink(path)) throw refuse("it is a symbolic link");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isAt(file: FileHandle, path: string): Promise<boolean> {
  try {
    const [here, there] = await Promise.all([file.stat(), lstat(path)]);
    return here.ino === there.ino && here.dev === there.dev;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
