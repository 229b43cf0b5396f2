/**
 * Metrics, liveness and the live page over TCP, for programs that cannot reach the control socket.
 *
 * @module
 */

import { monitoringHandler } from "../api/monitoring.ts";
import type { Handler } from "../api/server.ts";
import { NetgraphError } from "../errors.ts";
import type { ControlTransport, HttpListening, HttpPlace } from "../runtimes/runtime.ts";

/** The address at which metrics are served over TCP. */
export interface MonitoringPlace extends HttpPlace {
  /** False: requests under the name of another host are refused, as of a page in a browser. */
  readonly anyHost: boolean;
}

/** The address of `--http` cannot be served. */
export class MonitoringError extends NetgraphError {}

/**
 * Serves the paths for monitoring of `handle`, and the page.
 *
 * @throws MonitoringError
 */
export async function serveMonitoring(
  place: MonitoringPlace,
  { control, handle, page, report }: {
    readonly control: Pick<ControlTransport, "serveTcp">;
    readonly handle: Handler;
    readonly page: Handler;
    readonly report: (error: NetgraphError | null) => void;
  },
): Promise<HttpListening> {
  const host = place.anyHost ? null : place.hostname;
  try {
    return await control.serveTcp(place, monitoringHandler(handle, { host, page }), report);
  } catch (error) {
    throw error instanceof NetgraphError ? new MonitoringError(error.code, error.message, { cause: error }) : error;
  }
}

/** The address as a URL. */
export function addressOf({ hostname, port }: HttpPlace): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
