/**
 * Socket files that a dead process left behind, on Deno.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/**
 * Makes way for a bind: removes a socket that nobody answers on, stream or datagram. What is no socket stays.
 *
 * @throws NetgraphError EADDRINUSE when somebody answers
 */
export async function removeStaleSocket(path: string): Promise<null> {
  const action = `Cannot make way for local/"${path}"`;
  try {
    if (path.startsWith("\0") || !(await isSocket(path))) return null;
    if (await answers(path)) throw new NetgraphError("EADDRINUSE", `${action}: somebody answers there`);
    await Deno.remove(path);
    return null;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw systemError(error, action);
  }
}

async function isSocket(path: string): Promise<boolean> {
  const found = await Deno.lstat(path);
  return found.isSocket === true;
}

/** Nobody behind the path refuses; a datagram socket that lives says that it is of another type. */
async function answers(path: string): Promise<boolean> {
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ECONNREFUSED") return false;
    if (code === "EPROTOTYPE") return true;
    throw error;
  }
}
