/**
 * The control socket on Bun: `Bun.serve` on a unix socket, and fetch over one.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { bunGlobal } from "./types.ts";
import { takePidLock } from "../host/pid_lock.ts";
import { listenPrivately } from "../host/private_socket.ts";
import type { ControlTransport } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** HTTP over a unix socket, by Bun's own API. */
export const bunControl: ControlTransport = {
  serve: (path, handle) => listenPrivately(path, (aside) => serveAt(aside, handle)),
  fetch: (path, request) => fetchAt(path, request),
  lock: (path) => takePidLock(path),
};

/** Bun keeps a request whole in memory, however slowly it is read: none is larger than any that is taken. */
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

async function fetchAt(path: string, request: Parameters<ControlTransport["fetch"]>[1]): Promise<Response> {
  const { method, target, headers, body, signal } = request;
  signal?.throwIfAborted();
  // Bun's fetch takes the path of a socket in an option that the DOM's type does not have.
  const init = { method, unix: path, headers: headers ?? {}, body: body ?? null, signal: signal ?? null };
  try {
    return await fetch(new URL(target, "http://localhost"), init);
  } catch (error) {
    signal?.throwIfAborted();
    const action = `Cannot reach the engine at "${path}"`;
    // Bun 1.4.5 has names of its own for answers that are no HTTP.
    if (systemErrorCode(error) !== "EIO") throw systemError(error, action);
    throw new NetgraphError("ECONNRESET", `${action}: the exchange broke off`, { cause: error });
  }
}
