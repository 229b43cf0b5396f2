/**
 * A file that grows, and that others may move away or shorten: it is opened again when another file, or
 * none, is at its path.
 *
 * @module
 */

import { constants } from "node:fs";
import { lstat } from "node:fs/promises";
import { NetgraphError } from "../../errors.ts";
import type { AppendFile } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { factsOf, type HostFile, openHostFile } from "./host_file.ts";

/** Appends, so that a shortened file starts at 0; a symbolic link is refused: it may lead to a file of another user. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Others may not read who connects. */
const MODE = 0o600;

const NEWLINE = 10;
const NOTHING = new Uint8Array(0);

/** Opens it. */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const action = `Cannot write the access log "${path}"`;
  const guarded = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw systemError(error, action);
    }
  };
  let file = await guarded(() => openOwn(path, action));
  /** The rest of a line that did not fit. */
  let rest: Uint8Array<ArrayBuffer> = NOTHING;
  return {
    async write(octets) {
      const cut = await writeAll(file, rest);
      rest = rest.subarray(cut.done);
      if (cut.error !== null) return { written: 0, error: systemError(cut.error, action) };
      const { done, error } = await writeAll(file, octets);
      if (error === null) return null;
      const whole = linesIn(octets.subarray(0, done));
      const isCut = done > 0 && octets[done - 1] !== NEWLINE;
      rest = isCut ? octets.slice(done, octets.indexOf(NEWLINE, done) + 1) : NOTHING;
      return { written: whole, error: systemError(error, action) };
    },
    reopen: () =>
      guarded(async () => {
        if (await isAt(file, path)) return;
        const next = await openOwn(path, action);
        await file.close();
        file = next;
        rest = NOTHING;
      }),
    close: () => guarded(() => file.close()),
  };
}

/**
 * Writes all, or as much as fits. What was written of a piece before it failed is known by the size of the file: a host
 * may write a piece by several calls of the system, and report only that one has failed.
 */
async function writeAll(file: HostFile, octets: Uint8Array): Promise<{ done: number; error: unknown }> {
  const before = octets.length === 0 ? 0 : (await file.stat()).size;
  let done = 0;
  try {
    while (done < octets.length) done += await file.write(octets.subarray(done));
    return { done, error: null };
  } catch (error) {
    const grown = (await file.stat()).size - before;
    return { done: Math.min(Math.max(done, grown), octets.length), error };
  }
}

function linesIn(octets: Uint8Array): number {
  let count = 0;
  for (const octet of octets) if (octet === NEWLINE) count++;
  return count;
}

async function openOwn(path: string, action: string): Promise<HostFile> {
  const refuse = (why: string) => new NetgraphError("EACCES", `${action}: ${why}`);
  // Deno 2.9.6 without --allow-all opens the target of a link in spite of O_NOFOLLOW, and would create it.
  if (await isLink(path)) throw refuse("it is a symbolic link");
  const file = await openHostFile(path, FLAGS, MODE);
  try {
    const found = await file.stat();
    if (!found.isFile) throw refuse("it is not a file");
    if (await isLink(path)) throw refuse("it is a symbolic link");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isAt(file: HostFile, path: string): Promise<boolean> {
  try {
    const [here, there] = await Promise.all([file.stat(), lstat(path)]);
    return here.identity === factsOf(there).identity;
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
