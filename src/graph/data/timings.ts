/**
 * Durations of connecting, of connections, and of back-pressure: plain counters in the counts of the node's name
 * (`counts.ts`), so that an ended connection uses no memory.
 *
 * The clock is read at the start and end of a connection and of back-pressure, never for an item.
 *
 * @module
 */

/** The bounds in seconds: from a hop on loopback to the usual limit of a connect. */
export const CONNECT_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;
/** The bounds in seconds: from one request to a tunnel of one day. */
export const CONNECTION_BOUNDS = [0.01, 0.1, 1, 10, 60, 600, 3_600, 86_400] as const;

/**
 * The direction of back-pressure at a socket: `in`, the graph did not accept data that it read; `out`, its peer did not
 * accept data that it sent.
 */
export type Way = "in" | "out";

/** A histogram of durations. */
export interface DurationCounts {
  /** The counts by bound, each without the previous ones, and one more for durations above the last bound. */
  readonly counts: readonly number[];
  /** The sum. */
  readonly sumMs: number;
}

/** The counters of one node as plain data. */
export interface TimingsSnapshot {
  /** Durations of connecting; null if there were none. */
  readonly connect: DurationCounts | null;
  /** Durations of ended connections; null if none started. */
  readonly connection: DurationCounts | null;
  /** Durations of back-pressure, including current ones. */
  readonly backpressureMs: Readonly<Record<Way, number>>;
}

/** The counters of one node, including its connections. */
export class Timings {
  #connect: Durations | null = null;
  #connection: Durations | null = null;
  readonly #blocked = { in: new BlockedTime(), out: new BlockedTime() };

  /** A connect has succeeded. */
  connected(ms: number): void {
    this.#connect ??= new Durations(CONNECT_BOUNDS);
    this.#connect.add(ms);
  }

  /** A connection has started. */
  began(): void {
    this.#connection ??= new Durations(CONNECTION_BOUNDS);
  }

  /** A connection has ended. */
  ended(ms: number): void {
    this.#connection?.add(ms);
  }

  /** Back-pressure at a socket starts. */
  block(way: Way, now: number): void {
    this.#blocked[way].begin(now);
  }

  /** Back-pressure at a socket ends, or the socket has closed. */
  unblock(way: Way, now: number): void {
    this.#blocked[way].end(now);
  }

  /** Adds other counts. */
  add({ connect, connection, backpressureMs }: TimingsSnapshot): void {
    if (connect !== null) (this.#connect ??= new Durations(CONNECT_BOUNDS)).addAll(connect);
    if (connection !== null) (this.#connection ??= new Durations(CONNECTION_BOUNDS)).addAll(connection);
    this.#blocked.in.addAll(backpressureMs.in);
    this.#blocked.out.addAll(backpressureMs.out);
  }

  /** The current counters. */
  snapshot(now: number): TimingsSnapshot {
    return {
      connect: this.#connect?.snapshot() ?? null,
      connection: this.#connection?.snapshot() ?? null,
      backpressureMs: { in: this.#blocked.in.total(now), out: this.#blocked.out.total(now) },
    };
  }
}

/** Adds the counts of the parts of a node in several threads. */
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

/** The total time that many sockets were blocked. No socket stores its start: the sum of starts is enough. */
class BlockedTime {
  #count = 0;
  /** For ended intervals their duration, for the others minus their start. */
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
