/**
 * A unix socket that nobody else can open, not even for a moment: it is made in a folder of its own (0700), given its
 * mode there, and only then linked to where it belongs.
 *
 * A link, not a rename, because it fails where something is in the way.
 *
 * @module
 */

import { chmod, link, lstat, mkdir, rm, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** The name that the socket has while it is made; short, since the system bounds the paths of sockets. */
const ASIDE = "s";

/**
 * Where the socket at `path` is made. The same every time, so that a permission can name it: not longer than the
 * shortest usual path, and of its own for each.
 */
export function privatePath(path: string): string {
  let hash = 0;
  for (const character of basename(path)) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 36 ** 6;
  return join(dirname(path), `.sg-${hash.toString(36).padStart(6, "0")}`, ASIDE);
}

/** What listens. */
export interface Listening {
  close(): Promise<void>;
}

/**
 * Listens at `path` with mode 0600.
 *
 * @param listen makes the listener at the path it is given
 * @throws NetgraphError EADDRINUSE when the path is taken, EACCES, ENAMETOOLONG, ENOTCAPABLE
 */
export async function listenPrivately(path: string, listen: (path: string) => Listening): Promise<Listening> {
  const action = `Cannot listen on "${path}"`;
  try {
    const folder = dirname(privatePath(path));
    // What a killed engine left: only the holder of the path's lock comes here.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    try {
      return await listenIn(path, listen);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw systemError(error, action);
    throw new NetgraphError("EADDRINUSE", `${action}: the path is taken`, { cause: error });
  }
}

async function listenIn(path: string, listen: (path: string) => Listening): Promise<Listening> {
  const aside = privatePath(path);
  const listening = listen(aside);
  try {
    await chmod(aside, 0o600);
    await link(aside, path);
  } catch (error) {
    await listening.close();
    throw error;
  }
  const { ino } = await lstat(path);
  return {
    async close(): Promise<void> {
      await listening.close();
      await removeSame(path, ino);
    },
  };
}

/** Removes the path if it is still ours. */
async function removeSame(path: string, ino: number): Promise<void> {
  try {
    if ((await lstat(path)).ino === ino) await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw systemError(error, `Cannot remove "${path}"`);
  }
}
