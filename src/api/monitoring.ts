/**
 * The services of an engine over TCP: metrics and liveness to every client that reaches the address, and the live page to
 * those that have a token. The API is on the control socket only.
 *
 * @module
 */

import type { Handler } from "./server.ts";
import { PROMETHEUS_TEXT, toPrometheusText } from "../telemetry/openmetrics.ts";
import { STATUS } from "./operations/status.ts";

/** The parts beside the paths for monitoring. */
export interface MonitoringOptions {
  /** The name under which it is served; null: any. */
  readonly host: string | null;
  /** Answers all other requests. */
  readonly page: Handler;
}

/** The paths that are served without a token. */
const PATHS: readonly string[] = [STATUS.metrics.path, STATUS.livez.path, STATUS.readyz.path];

/** Serves the paths for monitoring of `handle`, and the page. */
export function monitoringHandler(handle: Handler, options: MonitoringOptions): Handler {
  return async (request) => {
    const response = await answer(request, handle, options);
    response.headers.set("cache-control", "no-store");
    response.headers.set("x-content-type-options", "nosniff");
    return request.method === "HEAD" ? new Response(null, response) : response;
  };
}

async function answer(request: Request, handle: Handler, { host, page }: MonitoringOptions): Promise<Response> {
  const url = urlOf(request);
  if (url === null) return text(400, 'The header "Host" is missing or not valid');
  // A page of another site reaches loopback under a name of its own, which it has made point there.
  if (host !== null && !isHere(url.hostname, host)) return text(421, `Host "${url.hostname}" is not served here`);
  if (!PATHS.includes(url.pathname)) return await page(request);
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "Use GET", { allow: "GET, HEAD" });
  const response = await handle(new Request(`http://monitoring${url.pathname}`));
  if (url.pathname !== STATUS.metrics.path || !response.ok || acceptsOpenMetrics(request)) return response;
  response.headers.set("content-type", PROMETHEUS_TEXT);
  response.headers.delete("content-length");
  return new Response(toPrometheusText(await response.text()), response);
}

/** Prometheus requests it; a client that accepts everything gets the format that all readers support. */
function acceptsOpenMetrics(request: Request): boolean {
  return request.headers.get("accept")?.includes("application/openmetrics-text") === true;
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
