/**
 * A unix socket that nobody else can open, not even for a moment: it is made in a folder of its own (0700), given its
 * mode there, and only then linked to where it belongs.
 *
 * A link, not a rename, because it fails where something is in the way.
 *
 * @module
 */

import { chmod, link, lstat, mkdtemp, rm, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

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
    const folder = await mkdtemp(join(dirname(path), ".sg-"));
    try {
      return await listenIn(folder, path, listen);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw systemError(error, action);
    throw new NetgraphError("EADDRINUSE", `${action}: the path is taken`, { cause: error });
  }
}

async function listenIn(folder: string, path: string, listen: (path: string) => Listening): Promise<Listening> {
  const aside = join(folder, "s");
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
