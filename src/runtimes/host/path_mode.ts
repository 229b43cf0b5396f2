/**
 * The permission bits of a local socket's path, on every host: they are never wider than requested, not even for a
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

/** Creates files by `make` with no wider permission bits than `mode`; null: the umask of the process applies. */
export function withinMode<T>(mode: number | null, make: () => T): T {
  if (mode === null) return make();
  // The umask only ever becomes stricter: other threads may create files meanwhile.
  const previous = process.umask(ALL_BITS);
  process.umask(previous | (ALL_BITS & ~mode));
  try {
    return make();
  } finally {
    process.umask(previous);
  }
}

/**
 * Creates a socket in a private folder, sets its mode there, and links it to its path.
 *
 * @param make binds a socket to the path of its argument
 * @returns null if the folder or the longer path is not available, and nothing was created
 * @throws NetgraphError EADDRINUSE if the path exists
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

/** Creates the folder: the one that a permission can name, or another one if that exists. */
function asideOf(path: string): string | null {
  const named = privatePath(path);
  const other = join(dirname(path), `.sg-${crypto.randomUUID().slice(0, 8)}`, basename(named));
  for (const aside of [named, other]) {
    try {
      mkdirSync(dirname(aside), { mode: 0o700 });
      return aside;
    } catch {
      // It exists or cannot be created: the caller continues without it.
    }
  }
  return null;
}
