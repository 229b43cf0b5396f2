/**
 * The control socket on Bun: `Bun.serve` on a unix socket.
 *
 * @module
 */

import { bunGlobal } from "./types.ts";
import { takePidLock } from "../host/pid_lock.ts";
import { listenPrivately } from "../host/private_socket.ts";
import { fetchAt } from "../host/unix_client.ts";
import type { ControlTransport, HttpListening, HttpPlace } from "../runtime.ts";
import { systemError } from "../system_error.ts";

/** HTTP over a unix socket, served by Bun's own API. */
export const bunControl: ControlTransport = {
  serve: (path, handle) => listenPrivately(path, (aside) => serveAt(aside, handle)),
  serveTcp: (place, handle) => Promise.try(() => serveTcp(place, handle)),
  fetch: fetchAt,
  lock: (path) => takePidLock(path),
};

/**
 * Bun keeps a whole request in memory, even if it is read slowly: the limit is the largest request that is accepted.
 */
const MAX_REQUEST_BYTES = 33 * 1024 * 1024;

/** After this time without a byte, in seconds, a connection is closed. */
const IDLE_SECONDS = 60;

function serveTcp({ hostname, port }: HttpPlace, handle: (request: Request) => Promise<Response>): HttpListening {
  try {
    const server = bunGlobal().serve({
      hostname,
      port,
      // Bun 1.4.5 shares the port of another program without it.
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      development: false,
      maxRequestBodySize: 0,
      fetch: handle,
      error: () => new Response("internal error\n", { status: 500 }),
    });
    return { hostname, port: server.port, close: () => server.stop(true) };
  } catch (error) {
    throw systemError(error, `Cannot serve HTTP at ${hostname}:${port}`);
  }
}

function serveAt(path: string, handle: (request: Request) => Promise<Response>): { close(): Promise<void> } {
  const server = bunGlobal().serve({
    unix: path,
    idleTimeout: 0,
    development: false,
    maxRequestBodySize: MAX_REQUEST_BYTES,
    fetch: handle,
    error: () => new Response("internal error\n", { status: 500 }),
  });
  return { close: () => server.stop(true) };
}
