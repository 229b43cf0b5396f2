/**
 * When topologies are checked: after events of the graph, and in the turn of each topology. The tasks of the loop itself
 * run here, which no caller waits for.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import { Turns } from "../../cooperative.ts";
import type { GraphEvent } from "../../graph/data/event.ts";
import { together } from "./changer.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import type { Topology } from "./topology.ts";

/** `changed` is emitted for every connection: this limits the rate of checks. */
const CHECK_INTERVAL_MS = 1_000;

/** The part of the loop that its checks need. */
export interface ChecksHost {
  /** The topology of that name. */
  find(name: string): Topology | undefined;
  /** Checks a topology. */
  check(topology: Topology): Promise<void>;
  /** Computes the status, which notes when a condition changes. */
  status(name: string): Promise<unknown>;
  /** The status has changed. */
  changed(): void;
}

/** Schedules checks and other tasks of the loop. */
export class Checks {
  readonly #options: ReconcilerOptions;
  readonly #host: ChecksHost;
  readonly #timers = new Map<string, Timer>();
  /** After a change of a thousand topologies all of them are checked, at the same time. */
  readonly #turns: Turns;

  constructor(options: ReconcilerOptions, host: ChecksHost) {
    this.#options = options;
    this.#host = host;
    this.#turns = new Turns(options);
  }

  /** Waits until other work of this thread had a turn. */
  turn(): Promise<void> {
    return this.#turns.next();
  }

  /** Takes an event of the graph. */
  take(event: GraphEvent): void {
    if (event.kind !== "changed" && event.kind !== "failed") return;
    const topology = this.#host.find(event.kind === "changed" ? event.scope : event.topology);
    if (topology === undefined) return;
    if (event.kind === "failed") return this.soon(topology);
    if (this.#timers.has(topology.name)) return;
    const timer = this.#options.clock.after(CHECK_INTERVAL_MS, () => this.soon(topology));
    this.#timers.set(topology.name, timer);
  }

  /** Schedules a check after the task in progress; two requests cause one check. */
  soon(topology: Topology): void {
    this.cancel(topology);
    this.#host.changed();
    if (topology.checkPending || topology.closed) return;
    topology.checkPending = true;
    this.run(topology, async () => {
      topology.checkPending = false;
      await this.#host.check(topology);
    });
  }

  /** Cancels the check that is planned for a topology. */
  cancel({ name }: Topology): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  /** Runs a task of the loop's own, whose failure would otherwise not be reported. */
  run(topology: Topology, task: () => Promise<void>): void {
    topology.enqueue(async () => {
      await this.#turns.next();
      if (topology.closed) return;
      await task();
      // A condition changes at the time of its cause, not when it is read.
      if (!topology.closed) await this.#host.status(topology.name);
    }).catch((error: unknown) => {
      if (!topology.closed) this.#emitError(topology, error);
    });
  }

  /** Runs a task of the loop's own for several topologies, as {@linkcode Checks.run}. */
  together(topologies: readonly Topology[], task: () => Promise<void>): void {
    together(topologies, task).catch((error: unknown) => {
      const [first] = topologies;
      if (first?.closed === false) this.#emitError(first, error);
    });
  }

  #emitError({ name }: Topology, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onEvent?.({ kind: "error", topology: name, message });
  }
}
