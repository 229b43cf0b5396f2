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
import { DenoDatagramSocket } from "./datagram.ts";
import { DenoStreamSocket } from "./stream.ts";

/** Sockets over `Deno.listen`, `Deno.connect` and `Deno.listenDatagram`. */
export function denoSockets(clock: Clock): SocketRuntime {
  return new HostSockets(clock, {
    capabilities: DENO_CAPABILITIES,
    openStream: (endpoint, host) => new DenoStreamSocket(endpoint, host),
    openDatagram: (endpoint, host) => new DenoDatagramSocket(endpoint, host),
    answers,
  });
}
