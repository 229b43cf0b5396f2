/**
 * HTTP over a unix socket, by `node:http`, the same on Deno and on Bun: one connection for each exchange, and never a
 * proxy, even if the environment sets one.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { errorText, NetgraphError } from "../../errors.ts";
import type { ControlTransport } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

type ControlRequest = Parameters<ControlTransport["fetch"]>[1];

/** Status codes of responses without a body: `Response` does not accept one. */
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Every system accepts a socket path of this length. */
const SHORT_PATH = 100;

/** Sends a request over the socket at `path`: `ControlTransport.fetch`. */
export async function fetchAt(path: string, request: ControlRequest): Promise<Response> {
  const { signal } = request;
  signal?.throwIfAborted();
  try {
    await requirePath(path);
    const message = await answerTo(path, request);
    const { statusCode: status = 500, statusMessage: statusText = "" } = message;
    const body = BODYLESS.has(status) ? null : bodyOf(message, signal);
    if (body === null) message.resume();
    return new Response(body, { status, statusText, headers: headersOf(message) });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(error, path);
  }
}

/** Fails immediately if there is no socket: the first engine of a machine does not wait for `node:http` to load. */
async function requirePath(path: string): Promise<void> {
  if (path.length > SHORT_PATH) return; // The path may be too long for a socket.
  try {
    await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") throw error; // Connecting reports the right error for all others.
  }
}

async function answerTo(
  path: string,
  { method, target, headers, body, signal }: ControlRequest,
): Promise<IncomingMessage> {
  // Loading it takes 15 ms, which programs that send no request should not wait for.
  const { request } = await import("node:http");
  return await new Promise((resolve, reject) => {
    const exchange = request({
      socketPath: path,
      path: target,
      method,
      agent: false,
      // The path of a socket is not a host, and every request must name one.
      headers: { host: "localhost", ...headers },
      ...(signal === undefined ? {} : { signal }),
    }, resolve);
    exchange.on("error", reject);
    exchange.end(body);
  });
}

/** The headers of a message, with repeated ones. */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}

/** The body for its reader. */
function bodyOf(message: IncomingMessage, signal: AbortSignal | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array<ArrayBuffer>> = message[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        signal?.throwIfAborted(); // The stream reports an abort like any error; the caller expects its reason.
        throw error;
      }
    },
    cancel() {
      message.destroy();
    },
  }, { highWaterMark: 0 });
}

function unreachable(error: unknown, path: string): NetgraphError {
  const action = `Cannot reach the engine at "${path}"`;
  const code = systemErrorCode(error);
  // The only invalid argument here is a path that is too long.
  if (code === "EINVAL") {
    return new NetgraphError("ENAMETOOLONG", `${action}: ${errorText("ENAMETOOLONG")}`, { cause: error });
  }
  // A response that is not HTTP has its own error codes.
  if (code === "EIO") return new NetgraphError("ECONNRESET", `${action}: the connection ended early`, { cause: error });
  return systemError(error, action);
}
