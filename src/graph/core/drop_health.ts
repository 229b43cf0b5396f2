/**
 * Detects a declared node that drops everything that it should pass on, because there is no destination or no room, and
 * a node in which items circulate forever. Single dropped items (for their size, their framing, an overflow of a branch
 * while the path flows) are counted and are not a fault.
 *
 * An item costs nothing, and a dropped one a check of a flag: one timer compares counts while items are dropped.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";
import type { Fault } from "../data/fault.ts";
import type { Hook } from "./hook.ts";
import type { NodePhase } from "../data/snapshot.ts";

/** The node, for this check. */
export interface DropHost {
  readonly clock: Clock;
  readonly phase: () => NodePhase;
  /** True where data comes from outside of the graph and leaves it. */
  readonly outside: boolean;
  readonly hooks: { list(): readonly Hook[] };
  /** The faults have changed. */
  changed(): void;
}

const LOOK_MS = 500;
/** The number of consecutive checks between which items were dropped and none passed: a single drop is not a fault. */
const LOOKS = 2;
/** After this time without items, nothing is known of a node. */
const SILENT_MS = 60_000;

/** The errno for dropped items, by reason; other reasons say nothing about later items. */
const CODES: ReadonlyMap<CloseReason, ErrorCode> = new Map([
  ["no_destination", "ENOTCONN"],
  ["queue_full", "ENOBUFS"],
  ["loop", "ELOOP"],
]);

/** What a reason means for a node that drops all items, if its name alone does not say it. */
const CAUSES: ReadonlyMap<CloseReason, string> = new Map([
  ["queue_full", ", the receiver takes nothing and its queue is full"],
]);

/** One hook at which items were dropped for one reason. */
interface Watch {
  readonly hook: Hook;
  readonly reason: CloseReason;
  /** Dropped before the first check. */
  readonly before: number;
  readonly since: Date;
  dropped: number;
  /** The number of checks with drops and without passed items. */
  looks: number;
  /** The time of the last drop, on the clock. */
  at: number;
  known: boolean;
}

/** Watches the hooks of one node at which items are dropped. */
export class DropHealth {
  readonly #host: DropHost;
  readonly #watches = new Map<Hook, Watch>();
  #timer: Timer | null = null;
  #passed = 0;

  constructor(host: DropHost) {
    this.#host = host;
  }

  /** True for a reason that concerns later items too. */
  static minds(reason: CloseReason): boolean {
    return CODES.has(reason);
  }

  /** An item was dropped, for a reason that matters, at a hook that is not watched yet. */
  note(hook: Hook, reason: CloseReason): void {
    const { clock } = this.#host;
    const dropped = droppedAt(hook, reason);
    const before = dropped - 1;
    const times = { since: clock.wall(), at: clock.now() };
    this.#watches.set(hook, { hook, reason, before, dropped, looks: 0, known: false, ...times });
    if (this.#timer !== null) return;
    this.#passed = this.#countPassed();
    this.#timer = clock.after(LOOK_MS, () => this.#look());
  }

  /** The hook is not watched any more: it was removed, or nothing is dropped. */
  end(hook: Hook): void {
    hook.watched = false;
    const watch = this.#watches.get(hook);
    if (watch === undefined) return;
    this.#watches.delete(hook);
    if (this.#watches.size === 0) this.#timer?.cancel();
    if (this.#watches.size === 0) this.#timer = null;
    if (watch.known) this.#host.changed();
  }

  /** The faults that keep the node from serving its traffic. */
  faults(): readonly Fault[] {
    return [...this.#watches.values()].filter(({ known }) => known).map(faultOf);
  }

  #look(): void {
    const { clock } = this.#host;
    const ready = this.#host.phase() === "ready";
    const passed = this.#countPassed();
    const passes = passed > this.#passed;
    this.#passed = passed;
    for (const watch of [...this.#watches.values()]) {
      const { hook, reason } = watch;
      const dropped = droppedAt(hook, reason);
      const drops = dropped > watch.dropped;
      watch.dropped = dropped;
      if (drops) watch.at = clock.now();
      // A node that is not ready has its own reason.
      const over = !ready || (passes && (!drops || reason !== "loop"));
      if (over || clock.now() - watch.at >= SILENT_MS) this.end(hook);
      else if (drops || watch.looks === 0) this.#count(watch);
    }
    if (this.#watches.size > 0) this.#timer = clock.after(LOOK_MS, () => this.#look());
  }

  #count(watch: Watch): void {
    watch.looks++;
    if (watch.known || (watch.looks < LOOKS && watch.reason !== "loop")) return;
    watch.known = true;
    this.#host.changed();
  }

  /** How many items have passed the node; for a socket, those that it reads and those that it sends. */
  #countPassed(): number {
    const { hooks, outside } = this.#host;
    return hooks.list().reduce((sum, { inItems, outItems }) => sum + outItems + (outside ? inItems : 0), 0);
  }
}

function droppedAt(hook: Hook, reason: CloseReason): number {
  return hook.dropped()[reason] ?? 0;
}

function faultOf({ hook, reason, dropped, before, since }: Watch): Fault {
  const loop = reason === "loop";
  const what = loop ? "Items go round and are dropped" : "All items are dropped";
  return {
    reason: loop ? "Loop" : "AllDropped",
    code: CODES.get(reason) ?? "EIO",
    message: `${what} at hook "${hook.name}": ${reason}${CAUSES.get(reason) ?? ""}`,
    count: dropped - before,
    since: since.toISOString(),
    serving: loop,
  };
}
