/**
 * The socket runtime `bun`: sockets over Bun's own network API, without FFI.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { HostSockets } from "../host/host_sockets.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { BunDatagramTransport } from "./datagram_transport.ts";
import { type LocalCalls, localCalls } from "./local_calls.ts";
import { bunStreams } from "./stream_transport.ts";

/** Sockets over `Bun.listen`, connections of Bun and `Bun.udpSocket`. */
export function bunSockets(clock: Clock): SocketRuntime {
  return new HostSockets(clock, {
    capabilities: BUN_CAPABILITIES,
    streams: bunStreams,
    datagram: (endpoint, _host, events) => new BunDatagramTransport(endpoint, events),
    answers,
  });
}

/**
 * A listener accepts a connection, and a socket that is only bound reports another type to a datagram socket: if both
 * are refused, no socket has the path. Without these calls, the socket counts as alive.
 */
async function answers(path: string): Promise<boolean> {
  const calls = await localCalls();
  return calls === null || isAlive(path, { calls, type: "stream" }) || isAlive(path, { calls, type: "dgram" });
}

/** A socket of another type is alive, as is one with a full backlog. */
function isAlive(path: string, { calls, type }: { calls: LocalCalls; type: "stream" | "dgram" }): boolean {
  const result = calls.connect(path, type);
  if (typeof result === "number") {
    calls.close(result);
    return true;
  }
  if (result.code === "ECONNREFUSED") return false;
  if (result.code === "EPROTOTYPE" || result.code === "EAGAIN") return true;
  throw result;
}
