/**
 * The control socket on Bun: `Bun.serve` on a unix socket.
 *
 * @module
 */

import { bunGlobal } from "./types.ts";
import { takePidLock } from "../host/pid_lock.ts";
import { serveHttp } from "../host/http_server.ts";
import { listenPrivately } from "../host/private_socket.ts";
import { fetchAt } from "../host/unix_client.ts";
import type { ControlTransport } from "../runtime.ts";

/** HTTP over a unix socket, served by Bun's own API. */
export const bunControl: ControlTransport = {
  serve: (path, handle) => listenPrivately(path, (aside) => serveAt(aside, handle)),
  serveTcp: (place, handle, report) => serveHttp(place, handle, { report }),
  fetch: fetchAt,
  lock: (path) => takePidLock(path),
};

/**
 * Bun keeps a whole request in memory, even if it is read slowly: the limit is the largest request that is accepted.
 */
const MAX_REQUEST_BYTES = 33 * 1024 * 1024;

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
