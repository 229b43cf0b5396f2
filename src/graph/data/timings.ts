/**
 * How long connecting took, how long connections lasted, and how long sockets were pushed back: plain counters that live
 * in the counts of the node's name (`counts.ts`), so that a connection leaves nothing behind but a count.
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

  /** Adds what was counted elsewhere. */
  add({ connect, connection, backpressureMs }: TimingsSnapshot): void {
    if (connect !== null) (this.#connect ??= new Durations(CONNECT_BOUNDS)).addAll(connect);
    if (connection !== null) (this.#connection ??= new Durations(CONNECTION_BOUNDS)).addAll(connection);
    this.#blocked.in.addAll(backpressureMs.in);
    this.#blocked.out.addAll(backpressureMs.out);
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

  addAll({ counts, sumMs }: DurationCounts): void {
    counts.forEach((count, place) => this.#counts[place] = (this.#counts[place] ?? 0) + count);
    this.#sumMs += sumMs;
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

  addAll(ms: number): void {
    this.#balance += ms;
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
