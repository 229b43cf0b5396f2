/**
 * Whether somebody is behind a local path, on Deno.
 *
 * @module
 */

import { systemErrorCode } from "../system_error.ts";

/** Nobody behind the path refuses; a datagram socket that lives says that it is of another type. */
export async function answers(path: string): Promise<boolean> {
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
