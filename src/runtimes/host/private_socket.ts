/**
 * A unix socket that no other user can open, not even for a moment: it is created in a private folder (0700), its mode
 * is set there, and only then it is linked to its path.
 *
 * A link, not a rename, because it fails if the path exists.
 *
 * @module
 */

import { chmod, link, lstat, mkdir, rm, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** The name of the socket until it is linked; short, because the system limits the length of such paths. */
const ASIDE = "s";

/**
 * The path of the socket at `path` until it is linked. Always the same, so that a permission can name it; not longer
 * than the shortest usual path, and different for each `path`.
 */
export function privatePath(path: string): string {
  let hash = 0;
  for (const character of basename(path)) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 36 ** 6;
  return join(dirname(path), `.sg-${hash.toString(36).padStart(6, "0")}`, ASIDE);
}

/** The listener. */
export interface Listening {
  close(): Promise<void>;
}

/**
 * Listens at `path` with mode 0600.
 *
 * @param listen creates the listener at the path in its argument
 * @throws NetgraphError EADDRINUSE if the path is in use, EACCES, ENAMETOOLONG, ENOTCAPABLE
 */
export async function listenPrivately(path: string, listen: (path: string) => Listening): Promise<Listening> {
  const action = `Cannot listen on "${path}"`;
  try {
    const folder = dirname(privatePath(path));
    // Left by a killed engine: only the holder of the path's lock reaches this line.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    try {
      return await listenIn(path, listen);
    } finally {
      await removeFolder(folder);
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

/** Removes the private folder. Needs no descriptor: a listener made with the last one is not lost. */
async function removeFolder(folder: string): Promise<void> {
  await unlink(join(folder, ASIDE)).catch(ignoreMissing);
  await rmdir(folder).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (systemErrorCode(error) !== "ENOENT") throw error;
}

/** Removes the path if it is still ours. */
async function removeSame(path: string, ino: number): Promise<void> {
  try {
    if ((await lstat(path)).ino === ino) await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw systemError(error, `Cannot remove "${path}"`);
  }
}
