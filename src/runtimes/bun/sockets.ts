/**
 * The socket runtime `bun`: sockets over Bun's own network API, without FFI.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { HostSockets } from "../host/host_sockets.ts";
import { answers } from "./answers.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { BunDatagramTransport } from "./datagram_transport.ts";
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
