/**
 * A graph that may break off, and is started again: to those above it is one and the same port.
 *
 * While there is none, calls are refused and a snapshot finds nothing, so that status goes on to answer. What ran in it
 * is gone with it: whoever listens makes it anew when there is a graph again.
 *
 * @module
 */

import { type Clock, sleep } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { CountsSnapshot } from "../../graph/data/counts.ts";
import type { GraphEvent } from "../../graph/data/event.ts";
import { countsOf, withoutTopology } from "../../graph/snapshot/lasting_counts.ts";
import type { Reply } from "../../graph/core/message.ts";
import type { GraphPort, SendOptions } from "../../graph/port/port.ts";
import type { Session, SessionListener } from "../../graph/session/session.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../../graph/data/snapshot.ts";
import { retryDelayMs, SETTLED_AFTER_MS } from "../../reconcile/loop/backoff.ts";
import type { WorkerPort } from "./worker_port.ts";

/** Why there is no graph, and since when. */
export interface Outage {
  readonly error: NetgraphError;
  readonly since: Date;
}

/** Who is told of outages. */
export interface OutageListener {
  /** There is no graph; the next one is started after the delay. Comes again when that fails. */
  lost(error: NetgraphError, delayMs: number): void;
  /** There is a graph again, and nothing in it. */
  restarted(): void;
}

/** What a supervisor works with. */
export interface SupervisorOptions {
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly start: () => Promise<WorkerPort>;
}

/** The port of whichever graph there is. */
export class SupervisedPort implements GraphPort {
  readonly #options: SupervisorOptions;
  readonly #listeners = new Set<(event: GraphEvent) => void>();
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  /** Topologies as they were seen last. */
  readonly #last = new Map<string, ScopeSnapshot>();
  #graph: WorkerPort;
  #outage: Outage | null = null;
  #listener: OutageListener | null = null;

  /** Looks after `first`. */
  constructor(first: WorkerPort, options: SupervisorOptions) {
    this.#options = options;
    this.#graph = first;
    this.#watching = this.#watch();
  }

  /** Why there is no graph just now; null while there is one. */
  get outage(): Outage | null {
    return this.#outage;
  }

  /** Aborts when the port is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Tells `listener` of outages from now on. */
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
      // It has broken off while it was asked.
      if (await Promise.race([fault, null]) !== null) return null;
      throw error;
    }
  }

  async scopes(): Promise<readonly string[]> {
    return await this.#port().scopes();
  }

  /** A graph that was started again counts on from what was seen last. */
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
   * Refuses what makes no sense while there is no graph.
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
      forget();
      if (fault === null || this.#closing.signal.aborted) return;
      if (clock.now() - since >= SETTLED_AFTER_MS) attempt = 0;
      this.#outage = { error: fault, since: clock.wall() };
      await this.#graph.gone;
      for (let error = fault; this.#outage !== null; attempt++) {
        const failed = await this.#startAfter(attempt, error);
        if (this.#closing.signal.aborted) return;
        if (failed === null) this.#outage = null;
        else error = failed;
      }
      this.#listener?.restarted();
    }
  }

  /** Starts a graph in a while; null when there is one, else why not. */
  async #startAfter(attempt: number, error: NetgraphError): Promise<NetgraphError | null> {
    const { clock, random, start } = this.#options;
    const { signal } = this.#closing;
    const delayMs = retryDelayMs(attempt, random());
    this.#listener?.lost(error, delayMs);
    try {
      await sleep(clock, delayMs, { signal });
      this.#graph = await start();
      if (signal.aborted) await this.#graph.port.close();
      return null;
    } catch (failed) {
      if (signal.aborted || failed instanceof NetgraphError) return failed instanceof NetgraphError ? failed : error;
      throw failed;
    }
  }
}
