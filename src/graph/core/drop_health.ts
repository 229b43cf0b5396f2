/**
 * Detects a node that drops everything that it should pass on, because there is no destination or no room, and a node
 * in which items circulate forever. Single dropped items (for their size, their framing, an overflow of a branch while
 * the path flows) are counted and are not a fault.
 *
 * Passing an item costs nothing, and dropping one checks a flag: while items are dropped, one timer compares counts. The
 * counts are those of rows, which stay after the hooks of connections and copies have ended: connections shorter than a
 * second are included.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";
import type { HookRow, NodeCounts } from "../data/counts.ts";
import type { Fault } from "../data/fault.ts";
import type { Hook } from "./hook.ts";
import type { NodePhase } from "../data/snapshot.ts";

/** The node, for this check. */
export interface DropHost {
  readonly clock: Clock;
  readonly phase: () => NodePhase;
  /** True if data comes from outside of the graph and leaves it. */
  readonly outside: boolean;
  /** The counts of the node, or of all copies of the same node of a template. */
  readonly counts: () => NodeCounts;
  /** The owner of the hooks, for messages, if that is not the reporting node; otherwise null. */
  readonly copiesOf: string | null;
  /** True if the traffic of clients does not depend on the items that are dropped here. */
  readonly tapOnly: boolean;
  /** The faults have changed. */
  changed(): void;
}

const CHECK_INTERVAL_MS = 500;
/** The number of consecutive checks between which items were dropped and none passed: a single drop is not a fault. */
const MIN_CHECKS = 2;
/** After this time without items, nothing is known of a node. */
const FAILURE_EXPIRES_MS = 60_000;

/** The errno for dropped items, by reason; other reasons say nothing about later items. */
const CODES: ReadonlyMap<CloseReason, ErrorCode> = new Map([
  ["no_destination", "ENOTCONN"],
  ["queue_full", "ENOBUFS"],
  ["loop", "ELOOP"],
]);

/** The meaning of a reason for a node that drops all items, if its name alone does not say it. */
const CAUSES: ReadonlyMap<CloseReason, string> = new Map([
  ["queue_full", ", the receiver accepts no data and its queue is full"],
]);

/** One hook, or all hooks that share a row of counts, at which items were dropped for one reason. */
interface Watch {
  readonly row: HookRow;
  /** Hooks that need not report again that they drop. Rows of connections and copies stay after these have ended. */
  readonly hooks: Set<Hook>;
  readonly reason: CloseReason;
  /** Dropped before the first check. */
  readonly before: number;
  readonly since: Date;
  dropped: number;
  /** The number of checks with drops and without passed items. */
  checks: number;
  /** The time of the last drop, on the clock. */
  at: number;
  known: boolean;
}

/** Watches the hooks of one node at which items are dropped, or those of all copies of one node of a template. */
export class DropHealth {
  readonly #host: DropHost;
  readonly #watches = new Map<HookRow, Watch>();
  #timer: Timer | null = null;
  #passed = 0;

  constructor(host: DropHost) {
    this.#host = host;
  }

  /** True for a reason that concerns later items too. */
  static concernsLaterItems(reason: CloseReason): boolean {
    return CODES.has(reason);
  }

  /** An item was dropped, for a reason that matters, at a hook that has not reported it. */
  note(hook: Hook, reason: CloseReason): void {
    const { clock } = this.#host;
    const { row } = hook;
    const known = this.#watches.get(row);
    if (known !== undefined) return void known.hooks.add(hook);
    const dropped = droppedAt(row, reason);
    const before = dropped - 1;
    const times = { since: clock.wall(), at: clock.now() };
    this.#watches.set(row, { row, hooks: new Set([hook]), reason, before, dropped, checks: 0, known: false, ...times });
    if (this.#timer !== null) return;
    this.#passed = this.#countPassed();
    this.#timer = clock.after(CHECK_INTERVAL_MS, () => this.#check());
  }

  /** The hook was removed. The state of a row for connections and copies also applies to the next ones. */
  end(hook: Hook): void {
    hook.watched = false;
    for (const watch of this.#watches.values()) {
      if (watch.hooks.delete(hook) && !watch.row.stays) this.#stop(watch);
    }
  }

  /** Clears the drops of the connections of one listener, and of copies. */
  forget(listener: string): void {
    for (const watch of [...this.#watches.values()]) {
      const { origin } = watch.row;
      if (origin === listener || origin?.includes("/") === true) this.#stop(watch);
    }
  }

  /** Clears all drops. */
  clear(): void {
    for (const watch of [...this.#watches.values()]) this.#stop(watch);
  }

  /** The faults that keep the node from serving its traffic. */
  faults(): readonly Fault[] {
    const { copiesOf, tapOnly } = this.#host;
    return [...this.#watches.values()].filter(({ known }) => known).map((watch) =>
      faultOf(watch, { copiesOf, tapOnly })
    );
  }

  /** The row is no longer watched: its hook was removed, or nothing is dropped. */
  #stop({ row, hooks, known }: Watch): void {
    for (const hook of hooks) hook.watched = false;
    this.#watches.delete(row);
    if (this.#watches.size === 0) this.#timer?.cancel();
    if (this.#watches.size === 0) this.#timer = null;
    if (known) this.#host.changed();
  }

  #check(): void {
    const { clock } = this.#host;
    const ready = this.#host.phase() === "ready";
    const passed = this.#countPassed();
    const passes = passed > this.#passed;
    this.#passed = passed;
    for (const watch of [...this.#watches.values()]) {
      const { row, reason } = watch;
      const dropped = droppedAt(row, reason);
      const drops = dropped > watch.dropped;
      watch.dropped = dropped;
      if (drops) watch.at = clock.now();
      // A node that is not ready has its own reason.
      const over = !ready || (passes && (!drops || reason !== "loop"));
      if (over || clock.now() - watch.at >= FAILURE_EXPIRES_MS) this.#stop(watch);
      else if (drops || watch.checks === 0) this.#count(watch);
    }
    if (this.#watches.size > 0) this.#timer = clock.after(CHECK_INTERVAL_MS, () => this.#check());
  }

  #count(watch: Watch): void {
    watch.checks++;
    if (watch.known || (watch.checks < MIN_CHECKS && watch.reason !== "loop")) return;
    watch.known = true;
    this.#host.changed();
  }

  /** The number of passed items: for a socket, those that it reads and those that it sends. */
  #countPassed(): number {
    const { out, in: came } = this.#host.counts().items();
    return out + (this.#host.outside ? came : 0);
  }
}

function droppedAt(row: HookRow, reason: CloseReason): number {
  return row.dropped[reason] ?? 0;
}

function faultOf(
  { row, reason, dropped, before, since }: Watch,
  { copiesOf, tapOnly }: Pick<DropHost, "copiesOf" | "tapOnly">,
): Fault {
  const loop = reason === "loop";
  const what = loop ? "Items circulate and are dropped" : "All items are dropped";
  const place = copiesOf === null ? `hook "${row.name}"` : `hook "${row.name}" of "${copiesOf}"`;
  return {
    reason: loop ? "Loop" : "AllDropped",
    code: CODES.get(reason) ?? "EIO",
    message: `${what} at ${place}: ${reason}${CAUSES.get(reason) ?? ""}`,
    count: dropped - before,
    since: since.toISOString(),
    serving: loop || tapOnly,
  };
}
