/**
 * A graph that is restarted when it fails: for higher layers it is always the same port.
 *
 * While there is none, calls fail and a snapshot is empty, so that status still answers. The topologies of a failed
 * graph are lost with it: the listener restores them when there is a graph again.
 *
 * @module
 */

import { type Clock, sleep } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { type ConnectionRecording, NO_RECORDING } from "../../graph/data/connection_record.ts";
import type { CountsSnapshot } from "../../graph/data/counts.ts";
import type { TapAct } from "../../graph/data/tap.ts";
import type { GraphEvent } from "../../graph/data/event.ts";
import { countsOf, withoutTopology } from "../../graph/snapshot/lasting_counts.ts";
import type { Reply } from "../../graph/core/message.ts";
import type { GraphPort, SendOptions } from "../../graph/port/port.ts";
import type { Session, SessionListener } from "../../graph/session/session.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../../graph/data/snapshot.ts";
import { retryDelayMs, SETTLED_AFTER_MS } from "../../reconcile/loop/backoff.ts";
import type { WorkerPort } from "./worker_port.ts";

/** The reason and the start of an outage. */
export interface Outage {
  readonly error: NetgraphError;
  readonly since: Date;
}

/** The listener for outages. */
export interface OutageListener {
  /** There is no graph; the next one is started after the delay. Called again if that fails. */
  lost(error: NetgraphError, delayMs: number): void;
  /** There is a graph again, which is empty. */
  restarted(): void;
}

/** The dependencies of a supervisor. */
export interface SupervisorOptions {
  readonly clock: Clock;
  /** A random number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly start: () => Promise<WorkerPort>;
}

/** The port of the current graph. */
export class SupervisedPort implements GraphPort {
  readonly #options: SupervisorOptions;
  readonly #listeners = new Set<(event: GraphEvent) => void>();
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  /** Topologies as last seen. */
  readonly #last = new Map<string, ScopeSnapshot>();
  #graph: WorkerPort;
  #outage: Outage | null = null;
  #listener: OutageListener | null = null;
  /** The requested records of connections that end. */
  #recording = NO_RECORDING;
  readonly #taps = new Map<number, TapAct>();

  /** Supervises `first`. */
  constructor(first: WorkerPort, options: SupervisorOptions) {
    this.#options = options;
    this.#graph = first;
    this.#watching = this.#watch();
  }

  /** The current outage; null while there is a graph. */
  get outage(): Outage | null {
    return this.#outage;
  }

  /** Aborts when the port is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Reports outages to `listener` from now on. */
  listen(listener: OutageListener): void {
    this.#listener = listener;
  }

  async send(path: string, command: string, argument: string | null, options?: SendOptions): Promise<Reply> {
    return await this.#port().send(path, command, argument, options);
  }

  async snapshot(scope: string, options?: SnapshotOptions): Promise<ScopeSnapshot | null> {
    if (this.#outage !== null) return null;
    const { port, fault } = this.#graph;
    try {
      const snapshot = await port.snapshot(scope, options);
      if (snapshot !== null) this.#last.set(scope, snapshot);
      return snapshot;
    } catch (error) {
      // It has failed during the call.
      if (await Promise.race([fault, null]) !== null) return null;
      throw error;
    }
  }

  async scopes(): Promise<readonly string[]> {
    return await this.#port().scopes();
  }

  /** A restarted graph continues the last seen counts. */
  async openScope(name: string, counts?: readonly CountsSnapshot[]): Promise<void> {
    const last = this.#last.get(name);
    await this.#port().openScope(name, counts ?? (last === undefined ? [] : countsOf(last)));
  }

  async closeScope(name: string): Promise<void> {
    await this.#port().closeScope(name);
    const last = this.#last.get(name);
    if (last !== undefined) this.#last.set(name, withoutTopology(last));
  }

  async openSession(name: string | null, listener: SessionListener): Promise<Session> {
    return await this.#port().openSession(name, listener);
  }

  /** A restarted graph records as well. */
  async recordConnections(recording: ConnectionRecording): Promise<void> {
    this.#recording = recording;
    if (this.#outage === null) await this.#graph.port.recordConnections(recording);
  }

  /** A restarted graph has the same taps. */
  async tap(act: TapAct): Promise<void> {
    if (act.kind === "open") this.#taps.set(act.tap, act);
    if (act.kind === "close") this.#taps.delete(act.tap);
    if (this.#outage === null) await this.#graph.port.tap(act);
  }

  subscribe(listen: (event: GraphEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#outage === null) await this.#graph.port.close();
    await this.#watching;
  }

  #port(): GraphPort {
    this.require();
    return this.#graph.port;
  }

  /**
   * Rejects calls that need a graph.
   *
   * @throws NetgraphError EBUSY
   */
  require(): void {
    if (this.#outage === null) return;
    throw new NetgraphError("EBUSY", `The graph is restarting: ${this.#outage.error.message}`, {
      cause: this.#outage.error,
    });
  }

  /** Ends when the graph was closed. */
  async #watch(): Promise<void> {
    const { clock } = this.#options;
    let attempt = 0;
    for (;;) {
      const since = clock.now();
      const forget = this.#graph.port.subscribe((event) => this.#listeners.forEach((listen) => listen(event)));
      const fault = await this.#graph.fault;
      // While it is closed, the records of its last connections still come.
      if (fault === null || this.#closing.signal.aborted) return;
      forget();
      if (clock.now() - since >= SETTLED_AFTER_MS) attempt = 0;
      this.#outage = { error: fault, since: clock.wall() };
      await this.#graph.released;
      for (let error = fault; this.#outage !== null; attempt++) {
        const failed = await this.#startAfter(attempt, error);
        if (this.#closing.signal.aborted) return;
        if (failed === null) this.#outage = null;
        else error = failed;
      }
      this.#listener?.restarted();
    }
  }

  /** Starts a graph later; null if there is one, otherwise the reason. */
  async #startAfter(attempt: number, error: NetgraphError): Promise<NetgraphError | null> {
    const { clock, random, start } = this.#options;
    const { signal } = this.#closing;
    const delayMs = retryDelayMs(attempt, random());
    this.#listener?.lost(error, delayMs);
    try {
      await sleep(clock, delayMs, { signal });
      this.#graph = await start();
      if (signal.aborted) await this.#graph.port.close();
      else {
        await this.#graph.port.recordConnections(this.#recording);
        for (const act of this.#taps.values()) await this.#graph.port.tap(act);
      }
      return null;
    } catch (failed) {
      if (signal.aborted || failed instanceof NetgraphError) return failed instanceof NetgraphError ? failed : error;
      throw failed;
    }
  }
}
