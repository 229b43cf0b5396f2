/**
 * The services of an engine: its API on the control socket, and metrics and the live page over TCP.
 *
 * @module
 */

import type { EngineApi } from "../api/engine_api.ts";
import { controlHandler } from "../api/server.ts";
import type { Clock } from "../clock.ts";
import type { Pace } from "../cooperative.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { HttpListening } from "../runtimes/runtime.ts";
import { VERSION } from "../version.ts";
import type { ControlSocketLease } from "./control_socket.ts";
import type { StartOptions } from "./engine_options.ts";
import { addressOf, serveMonitoring } from "./monitoring.ts";
import type { PlacedGraph } from "./open_graph.ts";
import type { Running } from "./page/data.ts";
import { LivePage } from "./page/live_page.ts";
import { engineServices } from "./services/services.ts";

/** The input of serving beside the engine. */
export interface ServingParts extends Pick<StartOptions, "runtime" | "place" | "onBug" | "http"> {
  readonly lease: ControlSocketLease;
  readonly graph: PlacedGraph;
  /** The data that the live page reads beside the API. */
  readonly running: Running;
  readonly clock: Clock;
  readonly yieldToLoop: Pace["yieldToLoop"];
  readonly emit: (event: EngineEvent) => void;
}

/** The sockets of an engine that serves. */
export class Serving implements AsyncDisposable {
  readonly #lease: ControlSocketLease;
  readonly #http: HttpListening | null;
  readonly #page: LivePage;

  private constructor(lease: ControlSocketLease, http: HttpListening | null, page: LivePage) {
    this.#lease = lease;
    this.#http = http;
    this.#page = page;
  }

  /**
   * Begins to serve.
   *
   * @throws NetgraphError the errors of serving; MonitoringError for the address of metrics
   */
  static async begin(engine: EngineApi, parts: ServingParts): Promise<Serving> {
    const { lease, graph: { port, types }, runtime, place, http, onBug, clock, yieldToLoop, emit } = parts;
    const page = new LivePage({ engine, types, running: parts.running }, clock);
    const services = engineServices(engine, { port, types, onChange: emit, page });
    const handle = controlHandler({ services, version: VERSION, onBug, clock, yieldToLoop });
    const monitoring = http === undefined ? null : await serveMonitoring(http, {
      control: runtime.control,
      handle,
      page: page.handle,
      report: (error) => emit({ kind: "http", error: error?.toData() ?? null }),
    });
    if (monitoring !== null) page.servedAt(addressOf(monitoring));
    try {
      await lease.serve(handle, (error) => {
        emit({ kind: "control-path", path: place.path, error: error?.toData() ?? null });
      });
    } catch (error) {
      await monitoring?.close();
      throw error;
    }
    return new Serving(lease, monitoring, page);
  }

  /** The address at which it serves metrics over TCP; null if it does not. */
  get monitoringAddress(): string | null {
    return this.#http === null ? null : addressOf(this.#http);
  }

  /** Stops serving; no other engine can begin yet. */
  async close(): Promise<void> {
    this.#page.close();
    await this.#lease.close();
    await this.#http?.close();
  }

  /** Stops serving; another engine can begin. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#lease[Symbol.asyncDispose]();
  }
}
