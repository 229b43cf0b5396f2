/**
 * The permission bits of a local socket's path, on every host: nobody connects to it by wider ones, not even for a
 * moment.
 *
 * @module
 */

import { chmodSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { privatePath } from "./private_socket.ts";

const ALL_BITS = 0o777;

/**
 * Sets a path's permission bits.
 *
 * @throws NetgraphError with the errno's name
 */
export function setPathMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    throw systemError(error, `Cannot set the mode of ${path}`);
  }
}

/** Makes files by `make` that have no wider permission bits than `mode`; null: as the process's umask says. */
export function withinMode<T>(mode: number | null, make: () => T): T {
  if (mode === null) return make();
  // Only ever narrower than before: other threads may make files meanwhile.
  const former = process.umask(ALL_BITS);
  process.umask(former | (ALL_BITS & ~mode));
  try {
    return make();
  } finally {
    process.umask(former);
  }
}

/**
 * Makes a socket in a folder that nobody else may enter, gives it its mode there, and links it to where it belongs.
 *
 * @param make binds a socket to the path that it is given
 * @returns null where the folder or the longer path cannot be had, and nothing was made
 * @throws NetgraphError EADDRINUSE where something is at the path
 */
export function makeAside<T extends { close(): void }>(
  { path, mode }: { path: string; mode: number },
  make: (aside: string) => T,
): T | null {
  const aside = asideOf(path);
  if (aside === null) return null;
  let made: T | null = null;
  try {
    made = make(aside);
    chmodSync(aside, mode);
    linkSync(aside, path);
    return made;
  } catch (error) {
    made?.close();
    if (systemErrorCode(error) !== "EEXIST") return null;
    throw new NetgraphError("EADDRINUSE", `Cannot bind local/"${path}": the path is taken`, { cause: error });
  } finally {
    rmSync(dirname(aside), { recursive: true, force: true });
  }
}

/** Makes the folder: the one that a permission can name, or another one where that is there already. */
function asideOf(path: string): string | null {
  const named = privatePath(path);
  const other = join(dirname(path), `.sg-${crypto.randomUUID().slice(0, 8)}`, basename(named));
  for (const aside of [named, other]) {
    try {
      mkdirSync(dirname(aside), { mode: 0o700 });
      return aside;
    } catch {
      // There already, or not to be had: the caller goes on without.
    }
  }
  return null;
}
