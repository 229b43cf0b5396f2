/**
 * Socket files that a dead process left behind, on Bun.
 *
 * @module
 */

import { lstat, unlink } from "node:fs/promises";
import { NetgraphError } from "../../errors.ts";
import { openConnection } from "./calls.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/**
 * Makes way for a bind: removes a socket that nobody answers on, stream or datagram. What is no socket stays.
 *
 * @throws NetgraphError EADDRINUSE when somebody answers
 */
export async function removeStaleSocket(path: string): Promise<null> {
  const action = `Cannot make way for local/"${path}"`;
  try {
    if (path.startsWith("\0") || !(await lstat(path)).isSocket()) return null;
    if (await answers(path)) throw new NetgraphError("EADDRINUSE", `${action}: somebody answers there`);
    await unlink(path);
    return null;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw systemError(error, action);
  }
}

/** Nobody behind the path refuses; a datagram socket that lives says that it is of another type. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    openConnection({ family: "local", path }, {
      from: null,
      connected: (wire) => {
        wire.terminate();
        resolve(true);
      },
      failed: (error) => {
        if (error.code === "ECONNREFUSED") resolve(false);
        else if (error.code === "EPROTOTYPE") resolve(true);
        else reject(error);
      },
    });
  });
}
