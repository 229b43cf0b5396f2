/**
 * A file of bounded size by `node:fs`, on both hosts: when it is full it is renamed to `PATH.1`, and a new one is
 * created.
 *
 * @module
 */

import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync, type Stats, writeSync } from "node:fs";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import type { LogFile } from "../background.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** Appends; a symbolic link is refused, as it may lead to a file of another user. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const MODE = 0o600;

/** Opens it, and appends to its content. */
export function openLogFile(path: string, { maxBytes }: { readonly maxBytes: number }): LogFile {
  let { file, bytes } = open(path);
  const turn = () => {
    renameSync(path, `${path}.1`);
    closeSync(file);
    ({ file, bytes } = open(path));
  };
  return {
    write(text): void {
      const octets = new TextEncoder().encode(text);
      try {
        if (bytes > 0 && bytes + octets.length > maxBytes) turn();
        bytes += writeSync(file, octets);
      } catch {
        // A full disk, a removed folder: the error cannot be reported, and the program must continue.
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): { file: number; bytes: number } {
  const action = `Cannot write the log "${path}"`;
  const link = (cause?: unknown) => new NetgraphError("ELOOP", `${action}: it is a symbolic link`, { cause });
  // Deno 2.9.6 without --allow-all opens the target of a link in spite of O_NOFOLLOW, and would create it.
  if (statAt(path)?.isSymbolicLink() === true) throw link();
  let file: number;
  try {
    file = openSync(path, FLAGS, MODE);
  } catch (error) {
    if (systemErrorCode(error) !== "ELOOP") throw systemError(error, action);
    throw link(error);
  }
  const found = fstatSync(file);
  if (statAt(path)?.isSymbolicLink() === true) {
    closeSync(file);
    throw link();
  }
  const owned = process.getuid === undefined || found.uid === process.getuid();
  if (found.isFile() && owned && found.nlink === 1) return { file, bytes: found.size };
  closeSync(file);
  const why = owned ? "it is not a plain file of its own" : "it belongs to another user";
  throw new NetgraphError("EACCES", `${action}: ${why}`);
}

/** The file, or link, at a path itself; null if there is none. */
function statAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw systemError(error, `Cannot read the status of "${path}"`);
  }
}
