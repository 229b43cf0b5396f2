/**
 * What an engine serves over TCP, to anyone who reaches the address: metrics and liveness, and nothing that changes or
 * names more than they do. The whole API is on the control socket only.
 *
 * @module
 */

import type { Handler } from "./server.ts";
import { STATUS } from "./operations/status.ts";

/** The paths that are served. */
const PATHS: readonly string[] = [STATUS.metrics.path, STATUS.livez.path, STATUS.readyz.path];

/** Serves the paths for monitoring of `handle`, under the named host, or, if it is null, under any. */
export function monitoringHandler(handle: Handler, host: string | null): Handler {
  return async (request) => {
    const response = await answer(request, handle, host);
    response.headers.set("cache-control", "no-store");
    response.headers.set("x-content-type-options", "nosniff");
    return request.method === "HEAD" ? new Response(null, response) : response;
  };
}

async function answer(request: Request, handle: Handler, host: string | null): Promise<Response> {
  const url = urlOf(request);
  if (url === null) return text(400, 'The header "Host" is missing or not valid');
  // A page of another site reaches loopback under a name of its own, which it has made point there.
  if (host !== null && !isHere(url.hostname, host)) return text(421, `Host "${url.hostname}" is not served here`);
  if (!PATHS.includes(url.pathname)) return text(404, `Served are ${PATHS.join(", ")}`);
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "Use GET", { allow: "GET, HEAD" });
  return await handle(new Request(`http://monitoring${url.pathname}`));
}

function urlOf(request: Request): URL | null {
  try {
    return new URL(request.url);
  } catch {
    return null; // Both runtimes build the address from that header.
  }
}

/** An address cannot be a name of another site. */
function isHere(asked: string, host: string): boolean {
  return asked === "localhost" || asked === host || asked.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(asked);
}

function text(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
