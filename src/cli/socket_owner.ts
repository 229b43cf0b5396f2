/**
 * Checks the owner of the engine: requests may contain values of the client's environment, so the control socket must
 * belong to its own user or to root.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { FileFact, Runtime } from "../runtimes/runtime.ts";
import { directoryOf } from "../sources/path.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { baseDirectory, displayPath } from "./paths.ts";

type Machine = Pick<Runtime, "files" | "process">;

/** Write permission of the group and of all others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Rejects a control socket of another user. Root may use the socket of a service: one in a folder that only root can
 * have assigned to the service's user.
 *
 * @throws CommandFailure 75
 */
export async function requireOwnSocket(machine: Machine, path: string): Promise<void> {
  const { uid } = machine.process;
  const owner = (await factOf(machine, path))?.uid ?? null;
  if (uid === null || owner === null || owner === uid || owner === 0) return;
  if (uid === 0 && await isServiceFolder(machine, directoryOf(path), owner)) return;
  const shown = displayPath(baseDirectory(machine.process), path);
  const message =
    `Control socket "${shown}" belongs to another user (uid ${owner}), not to this user (uid ${uid}) or root`;
  throw new CommandFailure(EXIT.unavailable, `${message}: name your own with --control`);
}

async function isServiceFolder(machine: Machine, folder: string, owner: number): Promise<boolean> {
  if (!isClosed(await factOf(machine, folder), [owner, 0])) return false;
  for (let above = folder; above !== "/";) {
    above = directoryOf(above);
    if (!isClosed(await factOf(machine, above), [0])) return false;
  }
  return true;
}

function isClosed(fact: FileFact | null, owners: readonly number[]): boolean {
  if (fact === null || fact.uid === null || fact.mode === null) return false;
  return owners.includes(fact.uid) && (fact.mode & WRITABLE_BY_OTHERS) === 0;
}

/** Null if there is none or if it cannot be read: then connecting reports the reason. */
async function factOf({ files }: Machine, path: string): Promise<FileFact | null> {
  try {
    return await files.stat(path);
  } catch (error) {
    if (error instanceof NetgraphError) return null;
    throw error;
  }
}
