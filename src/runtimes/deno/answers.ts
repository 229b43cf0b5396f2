/**
 * Whether a socket of some process is bound to a local path, on Deno.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import { systemErrorCode } from "../system_error.ts";

/** A living socket reports that it is of another type, or that its backlog is full. */
const ALIVE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EPROTOTYPE", "EAGAIN"]);

/**
 * A listener accepts a connection, and a socket that is only bound reports another type to a datagram: if both are
 * refused, no socket has the path.
 */
export async function answers(path: string): Promise<boolean> {
  return await isAlive(() => tryConnect(path)) || await isAlive(() => tryDatagram(path));
}

async function isAlive(probe: () => Promise<void>): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ECONNREFUSED") return false;
    if (ALIVE.has(code)) return true;
    throw error;
  }
}

async function tryConnect(path: string): Promise<void> {
  const conn = await Deno.connect({ transport: "unix", path });
  conn.close();
}

/** An empty one; a datagram socket has already answered the connect, and therefore receives none. */
async function tryDatagram(path: string): Promise<void> {
  // Without --unstable-net there are no datagrams, and the connect decides.
  if (typeof Deno.listenDatagram !== "function") throw new Deno.errors.ConnectionRefused();
  const conn = Deno.listenDatagram({ transport: "unixpacket" });
  try {
    await conn.send(new Uint8Array(), { transport: "unixpacket", path });
  } finally {
    conn.close();
  }
}
