/**
 * Socket files of ended processes.
 *
 * @module
 */

import { lstat, unlink } from "node:fs/promises";
import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/**
 * Prepares a bind: removes a socket, stream or datagram, that no process serves. A file that is not a socket is kept.
 *
 * @param answers whether a socket of some process is bound to a path
 * @throws NetgraphError EADDRINUSE if a socket is bound to the path, EEXIST if it is not a socket
 */
export async function removeStaleSocket(path: string, answers: (path: string) => Promise<boolean>): Promise<null> {
  const action = `Cannot replace the file at local/"${path}"`;
  try {
    if (path.startsWith("\0")) return null;
    if (!(await lstat(path)).isSocket()) throw noSocket(action);
    if (await answers(path)) {
      throw new NetgraphError("EADDRINUSE", `${action}: a socket is bound to it`);
    }
    await unlink(path);
    return null;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw systemError(error, action);
  }
}

/** The file is kept, because it is not a socket. */
export function noSocket(action: string): NetgraphError {
  return new NetgraphError("EEXIST", `${action}: the path exists, and is not a socket`);
}
