/**
 * How long connecting took, how long connections lasted, and how long sockets were pushed back: plain counters that live
 * as long as the node, or the template, that people know them by, so that a connection leaves nothing behind but a count.
 *
 * A clock is read where a connection begins or ends and where pushing back does, never for an item.
 *
 * @module
 */

/** From a hop on loopback to the usual limit of a connect, in seconds. */
export const CONNECT_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;
/** From one request to a tunnel that stays for a day, in seconds. */
export const CONNECTION_BOUNDS = [0.01, 0.1, 1, 10, 60, 600, 3_600, 86_400] as const;

/** Which way a socket was pushed back: `in`, nobody took what it read; `out`, its peer did not take what it sent. */
export type Way = "in" | "out";

/** How often something took how long. */
export interface DurationCounts {
  /** By the bounds, each without those before it, and one more for what is longer than the last. */
  readonly counts: readonly number[];
  /** All together. */
  readonly sumMs: number;
}

/** The counters of one node as plain data. */
export interface TimingsSnapshot {
  /** How long it took to connect; null where nothing was connected. */
  readonly connect: DurationCounts | null;
  /** How long connections that have ended lasted; null where none began. */
  readonly connection: DurationCounts | null;
  /** How long its sockets were pushed back, those that still are too. */
  readonly backpressureMs: Readonly<Record<Way, number>>;
}

/** The counters of one node, with all of its connections. */
export class Timings {
  #connect: Durations | null = null;
  #connection: Durations | null = null;
  readonly #blocked = { in: new BlockedTime(), out: new BlockedTime() };

  /** A connect has come to its good end. */
  connected(ms: number): void {
    this.#connect ??= new Durations(CONNECT_BOUNDS);
    this.#connect.add(ms);
  }

  /** A connection has begun. */
  began(): void {
    this.#connection ??= new Durations(CONNECTION_BOUNDS);
  }

  /** A connection has ended. */
  ended(ms: number): void {
    this.#connection?.add(ms);
  }

  /** A socket is pushed back from now on. */
  block(way: Way, now: number): void {
    this.#blocked[way].begin(now);
  }

  /** One that was pushed back goes on, or has ended. */
  unblock(way: Way, now: number): void {
    this.#blocked[way].end(now);
  }

  /** The counters as they are now. */
  snapshot(now: number): TimingsSnapshot {
    return {
      connect: this.#connect?.snapshot() ?? null,
      connection: this.#connection?.snapshot() ?? null,
      backpressureMs: { in: this.#blocked.in.total(now), out: this.#blocked.out.total(now) },
    };
  }
}

/** Whose counters they are: a node, as far as its counters go. */
export interface Counted {
  /** What it is a copy of, and who it belongs to. */
  readonly origin: { readonly template: string | null; readonly owner: Counted | null };
}

/** The counters of all nodes of a scope. */
export class ScopeTimings {
  /** A node keeps its counters when it is renamed, and takes them with it when it goes. */
  readonly #byNode = new WeakMap<Counted, Timings>();
  /** Copies come and go: what they counted stays with the template's node. */
  readonly #byTemplate = new Map<string, Timings>();

  /** The counters of a node: a connection's are its listener's, a copy's those of the template's node. */
  of(node: Counted): Timings {
    const { template, owner } = node.origin;
    if (template !== null) return this.#ofTemplate(template);
    const whose = owner ?? node;
    let timings = this.#byNode.get(whose);
    if (timings === undefined) this.#byNode.set(whose, timings = new Timings());
    return timings;
  }

  /** What was counted of those nodes, and of all templates, by the names that status has for them. */
  snapshot(names: ReadonlyMap<string, Counted>, now: number): Readonly<Record<string, TimingsSnapshot>> {
    const all: Record<string, TimingsSnapshot> = {};
    for (const [name, node] of names) {
      const timings = this.#byNode.get(node);
      if (timings !== undefined) all[name] = timings.snapshot(now);
    }
    for (const [name, timings] of this.#byTemplate) all[name] = timings.snapshot(now);
    return all;
  }

  #ofTemplate(template: string): Timings {
    let timings = this.#byTemplate.get(template);
    if (timings === undefined) this.#byTemplate.set(template, timings = new Timings());
    return timings;
  }
}

/** Adds what the parts of a node in several threads have counted. */
export function addTimings(one: TimingsSnapshot, other: TimingsSnapshot): TimingsSnapshot {
  return {
    connect: addDurations(one.connect, other.connect),
    connection: addDurations(one.connection, other.connection),
    backpressureMs: {
      in: one.backpressureMs.in + other.backpressureMs.in,
      out: one.backpressureMs.out + other.backpressureMs.out,
    },
  };
}

/** Durations, counted by bounds in seconds. */
class Durations {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sumMs = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(ms: number): void {
    const bounds = this.#bounds;
    let place = 0;
    while (place < bounds.length && ms > (bounds[place] ?? Infinity) * 1_000) place++;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sumMs += ms;
  }

  snapshot(): DurationCounts {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}

/** How long many were blocked together. None of them has to remember since when: the sum of beginnings is enough. */
class BlockedTime {
  #count = 0;
  /** Of those that go on again their time, of the others minus their beginning. */
  #balance = 0;

  begin(now: number): void {
    this.#count++;
    this.#balance -= now;
  }

  end(now: number): void {
    this.#count--;
    this.#balance += now;
  }

  total(now: number): number {
    // Rounding must not make a counter negative.
    return Math.max(0, this.#balance + this.#count * now);
  }
}

function addDurations(one: DurationCounts | null, other: DurationCounts | null): DurationCounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    counts: one.counts.map((count, place) => count + (other.counts[place] ?? 0)),
    sumMs: one.sumMs + other.sumMs,
  };
}
