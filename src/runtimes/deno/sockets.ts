/**
 * The socket runtime `deno`: sockets over Deno's own network API, without FFI.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { HostSockets } from "../host/host_sockets.ts";
import { answers } from "./answers.ts";
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
