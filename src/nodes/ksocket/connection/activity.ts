/**
 * Idle time-outs that cost nothing per item, and no timer per connection. All connections with the same time-out are
 * checked together, four times per span; those whose counter did not change have timed out.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";

const CHECKS = 4;
/** A counter whose reading is deferred is read after this part of the span, and this many milliseconds at most. */
const DEFERRED_PART = 16;
const DEFERRED_MS = 250;

/** A watched object. */
export interface Activity {
  /** A counter that grows while data flows. */
  activity(): number;
  /** The counter did not change during the span; the watch has ended. */
  expired(): void;
}

/** Watches a counter. */
export class ActivityWatch {
  readonly #watched: Activity;
  #group: WatchGroup | null = null;
  #count = 0;
  /** The check of its group since which the counter has not changed. */
  #since = 0;
  /** Its index in its group; only the group reads and writes it. */
  place = 0;

  constructor(watched: Activity) {
    this.#watched = watched;
  }

  /**
   * Watches from now on, for idle times of `spanMs`; 0 means no limit. They are detected up to a quarter of it late.
   *
   * @param options `deferred`: the counter, which costs something to read, is read a moment later, if it is still watched
   */
  start(clock: Clock, spanMs: number, { deferred }: { deferred: boolean } = { deferred: false }): void {
    this.stop();
    if (spanMs <= 0) return;
    this.#group = groupOf(clock, spanMs);
    this.#since = this.#group.join(this);
    if (deferred) this.#group.readLater(this);
    else this.read();
  }

  /** Records the value of the counter. */
  read(): void {
    this.#count = this.#watched.activity();
  }

  /** True while it is watched by this group. */
  isIn(group: WatchGroup): boolean {
    return this.#group === group;
  }

  stop(): void {
    this.#group?.leave(this);
    this.#group = null;
  }

  /** Checks whether data has flowed since the last check; called by the group. */
  check(now: number): void {
    const count = this.#watched.activity();
    if (count !== this.#count) {
      this.#count = count;
      this.#since = now;
    } else if (now - this.#since >= CHECKS) {
      this.stop();
      this.#watched.expired();
    }
  }
}

/** All watches of the same span. Without members it has no timer, which would keep the process alive. */
class WatchGroup {
  readonly #clock: Clock;
  readonly #spanMs: number;
  readonly #members: ActivityWatch[] = [];
  #timer: Timer | null = null;
  #reading: Timer | null = null;
  /** Those whose counters are still to be read; some may have been removed meanwhile. */
  #unread: ActivityWatch[] = [];
  /** The number of checks, and the time of the last one. */
  #checks = 0;
  #checkedAt = 0;

  constructor(clock: Clock, spanMs: number) {
    this.#clock = clock;
    this.#spanMs = spanMs;
  }

  /** @returns the check from which on there is a whole quarter of the span between checks */
  join(watch: ActivityWatch): number {
    watch.place = this.#members.push(watch) - 1;
    if (this.#timer === null) this.#arm();
    return this.#clock.now() === this.#checkedAt ? this.#checks : this.#checks + 1;
  }

  /** Schedules reading the counter, together with others that are added until then. */
  readLater(watch: ActivityWatch): void {
    if (this.#unread.push(watch) > 1) return;
    this.#reading = this.#clock.after(Math.min(DEFERRED_MS, this.#spanMs / DEFERRED_PART), () => this.#readAll());
  }

  #readAll(): void {
    const unread = this.#unread;
    this.#unread = [];
    for (const watch of unread) if (watch.isIn(this)) watch.read();
  }

  /** The last one replaces a removed one. */
  leave(watch: ActivityWatch): void {
    const last = this.#members.pop();
    if (last !== undefined && last !== watch) {
      this.#members[watch.place] = last;
      last.place = watch.place;
    }
    if (this.#members.length > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#reading?.cancel();
    this.#unread = [];
  }

  #arm(): void {
    this.#checkedAt = this.#clock.now();
    this.#timer = this.#clock.after(this.#spanMs / CHECKS, () => this.#check());
  }

  #check(): void {
    this.#checks++;
    this.#arm();
    // Backwards: members that have timed out are removed, possibly with others, and their replacements were already
    // checked.
    for (let place = this.#members.length - 1; place >= 0; place--) this.#members[place]?.check(this.#checks);
  }
}

/** A few spans are in use at a time: the time-outs that nodes are configured to. */
const groups = new WeakMap<Clock, Map<number, WatchGroup>>();

function groupOf(clock: Clock, spanMs: number): WatchGroup {
  let spans = groups.get(clock);
  if (spans === undefined) groups.set(clock, spans = new Map());
  let group = spans.get(spanMs);
  if (group === undefined) spans.set(spanMs, group = new WatchGroup(clock, spanMs));
  return group;
}
