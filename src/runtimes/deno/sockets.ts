/**
 * The socket runtime `deno`: sockets over Deno's own network API, without FFI.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { ErrorCode } from "../../errors.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { HostSockets } from "../host/host_sockets.ts";
import { systemErrorCode } from "../system_error.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";
import { DenoDatagramTransport } from "./datagram_transport.ts";
import { denoStreams } from "./stream_transport.ts";

/** Sockets over `Deno.listen`, `Deno.connect` and `Deno.listenDatagram`. */
export function denoSockets(clock: Clock): SocketRuntime {
  return new HostSockets(clock, {
    capabilities: DENO_CAPABILITIES,
    streams: denoStreams,
    datagram: (endpoint, host, events) => new DenoDatagramTransport(endpoint, host, events),
    answers,
  });
}

/** A living socket reports that it is of another type, or that its backlog is full. */
const ALIVE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EPROTOTYPE", "EAGAIN"]);

/**
 * A listener accepts a connection, and a socket that is only bound reports another type to a datagram: if both are
 * refused, no socket has the path.
 */
async function answers(path: string): Promise<boolean> {
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
