/**
 * The counts of a node. They belong to the node's name, not to the node: they continue when the node is replaced, and
 * the counts of a connection or a copy are those of its listener or its template's node. Therefore a counter never
 * falls because a node or connection ended.
 *
 * Every hook adds its items to a row of these counts as well as to its own; a row is found when the hook is connected,
 * so an item costs two more additions and no lookup.
 *
 * @module
 */

import type { CloseReason } from "./close_reason.ts";
import { Timings, type TimingsSnapshot } from "./timings.ts";
import type { ConnectionCounts, Traffic } from "./node_report.ts";
import { TargetCounts, type TotalsByTarget } from "./target_counts.ts";
import { addCounts, type Counts } from "./totals.ts";

/**
 * The result of an attempt to connect to a listener. Each attempt has exactly one result.
 *
 * - `accepted`: the connection was joined to its target
 * - `denied`: `allow` or `deny` rejected its address
 * - `limit`: `max` or `maxPerSource` was reached
 * - `rate`: `rate` or `ratePerSource` was exceeded
 * - `proxy_protocol`: its PROXY header was missing, malformed, or not to be trusted
 * - `no_route`: no rule of `route` takes it
 * - `drain`: the listener accepts no new connections
 * - `upstream_failed`: its target could not be reached or created
 * - `aborted`: it ended before it was joined to its target
 *
 * @example
 * ```ts
 * import { CONNECTION_RESULTS } from "@sockgraph/sockgraph";
 *
 * console.log(CONNECTION_RESULTS.join(" ")); // accepted denied limit rate proxy_protocol no_route drain upstream_failed aborted
 * ```
 */
export const CONNECTION_RESULTS = [
  "accepted",
  "denied",
  "limit",
  "rate",
  "proxy_protocol",
  "no_route",
  "drain",
  "upstream_failed",
  "aborted",
] as const;

/** The result of an attempt to connect to a listener. */
export type ConnectionResult = typeof CONNECTION_RESULTS[number];

/** Growing counts of bytes and items in one direction. */
export interface Tally {
  /** Bytes. */
  bytes: number;
  /** Items. */
  items: number;
}

/** The counts of all hooks of one name, or of all that lead to the connections of one listener. */
export class HookRow {
  /** The name of its hooks; `echo*` if there may be many. */
  readonly name: string;
  /** True when the node's type chose the name. */
  readonly automatic: boolean;
  /** The listener or the template that the hooks lead to; null for a hook that leads to one node. */
  readonly origin: string | null;
  /** True for a row that is shown although it has no hooks any more. */
  readonly stays: boolean;
  /** Received data. */
  readonly in: Tally = { bytes: 0, items: 0 };
  /** Sent data. */
  readonly out: Tally = { bytes: 0, items: 0 };
  /** Items dropped, by reason. */
  readonly dropped: Record<string, number> = {};
  /** Bytes of these items, by reason. */
  readonly droppedBytes: Record<string, number> = {};
  /** The number of hooks that add to it. */
  live = 0;

  /** Creates a row of zeros. */
  constructor({ name, automatic = false, origin = null, stays = false }: RowPlace) {
    this.name = name;
    this.automatic = automatic;
    this.origin = origin;
    this.stays = stays;
  }

  /** Counts dropped items. */
  drop(reason: CloseReason, { items, bytes }: Tally): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + items;
    this.droppedBytes[reason] = (this.droppedBytes[reason] ?? 0) + bytes;
  }

  /** Adds other counts. */
  add({ in: came, out, dropped, droppedBytes }: Carried): void {
    this.in.bytes += came.bytes;
    this.in.items += came.items;
    this.out.bytes += out.bytes;
    this.out.items += out.items;
    addCounts(this.dropped, dropped);
    addCounts(this.droppedBytes, droppedBytes);
  }

  /** The current counts. */
  carried(): Carried {
    const { in: came, out, dropped, droppedBytes } = this;
    return { in: { ...came }, out: { ...out }, dropped: { ...dropped }, droppedBytes: { ...droppedBytes } };
  }

  /** True while all counts are zero. */
  get empty(): boolean {
    return this.in.items + this.out.items === 0 && Object.keys(this.dropped).length === 0;
  }

  /** The row as plain data; `peer` is the other end of its one hook. */
  snapshot(name: string = this.name, peer: string | null = this.origin): HookSnapshot {
    return { name, automatic: this.automatic, peer, ...this.carried() };
  }
}

/** The row in which a hook counts. */
export interface RowPlace {
  /** The name of its hooks. */
  readonly name: string;
  /** True when the node's type chose the name. */
  readonly automatic?: boolean;
  /** The listener or the template that they lead to. */
  readonly origin?: string | null;
  /** True for a row that is shown although it has no hooks. */
  readonly stays?: boolean;
}

/** The counts of hooks. */
export interface Carried {
  /** Received data. */
  readonly in: Traffic;
  /** Sent data. */
  readonly out: Traffic;
  /** Dropped items, by reason. */
  readonly dropped: Counts;
  /** Their bytes, by reason. */
  readonly droppedBytes: Counts;
}

/** A running hook. */
export interface HookSnapshot extends Carried {
  /** The hook's name; `echo*` for all hooks that lead to connections of one origin. */
  readonly name: string;
  /** True when the node's type chose the name. */
  readonly automatic: boolean;
  /**
   * `node:hook` or `[1f]:hook`; only the listener or the template if that is a connection or a copy; null if the
   * engine's own socket node is there.
   */
  readonly peer: string | null;
}

/** The counts of one name as plain data. */
export interface CountsSnapshot {
  /** The node's name, or `session/upstream`. */
  readonly name: string;
  /** The type of the node of that name, now or last. */
  readonly type: string;
  /** The identity hook; null for other types. */
  readonly hook: string | null;
  /** By hook. */
  readonly hooks: readonly HookSnapshot[];
  /** The counts of removed hooks; null if there is nothing to add. */
  readonly removedHooks: Carried | null;
  /** Closed connections and dropped items, by reason. */
  readonly reasons: Counts;
  /** Attempts to connect, by result. */
  readonly results: Counts;
  /** Durations; null if nothing was measured. */
  readonly timings: TimingsSnapshot | null;
  /** The totals of its targets; absent if it had none. */
  readonly targets?: TotalsByTarget;
  /** Connections by the rule of `route` that has taken them; absent if it had no rules. */
  readonly rules?: Counts;
  /** True for counts of other nodes that had the name before: of another type, or removed since. */
  readonly former?: true;
}

/** Above this number of rows, a row without hooks is not kept separately. */
const MAX_ROWS = 64;

/** The counts of one name. */
export class NodeCounts {
  /** The type of the node of that name, now or last. */
  readonly type: string;
  /** The identity hook of the node; null for other types. */
  hook: string | null = null;
  /** The generation that removed its node; null while there is one. */
  vacantSince: number | null = null;
  /** The reasons why connections ended, and datagrams were not sent. */
  readonly reasons: Record<string, number> = {};
  /** Attempts to connect, by result. */
  readonly results: Record<string, number> = {};
  /** Connections by the rule of `route` that has taken them. */
  readonly rules: Record<string, number> = {};
  readonly #rows = new Map<string, HookRow>();
  /** By name; those of removed targets too. */
  readonly #targets = new Map<string, TargetCounts>();
  /** The counts of hooks without a row of their own. */
  readonly #rest = new HookRow({ name: "" });
  #timings: Timings | null = null;

  /** Starts counting for a node of the named type. */
  constructor(type: string) {
    this.type = type;
  }

  /** Durations. */
  get timings(): Timings {
    return this.#timings ??= new Timings();
  }

  /** Counts the end of a connection, or a datagram that was not sent. */
  closed(reason: CloseReason, count = 1): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + count;
  }

  /** Declares that there may be attempts to connect: their results are reported from now on. */
  accepts(): void {
    this.results["accepted"] ??= 0;
  }

  /** Counts the result of an attempt to connect. */
  ended(result: ConnectionResult): void {
    this.results[result] = (this.results[result] ?? 0) + 1;
  }

  /** Counts a connection that a rule of `route` has taken. */
  routed(rule: string): void {
    this.rules[rule] = (this.rules[rule] ?? 0) + 1;
  }

  /** The row in which a hook counts. */
  row(place: RowPlace): HookRow {
    const key = keyOf(place);
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, row = new HookRow(place));
    return row;
  }

  /** The counts of the target of that name. */
  target(name: string): TargetCounts {
    let counts = this.#targets.get(name);
    if (counts === undefined) this.#targets.set(name, counts = new TargetCounts());
    return counts;
  }

  /** Takes over the open connections of an earlier node of its name: they count as open until they end. */
  takeOver(earlier: NodeCounts): void {
    for (const [name, counts] of earlier.#targets) {
      if (counts.active === 0) continue;
      const target = this.target(name);
      target.takeOver(counts);
      if (target.address === "") target.address = counts.address;
    }
  }

  /** The counts of all targets that it has or had. */
  get targets(): ReadonlyMap<string, TargetCounts> {
    return this.#targets;
  }

  /** True while a hook adds to them. */
  get isLive(): boolean {
    for (const { live } of this.#rows.values()) if (live > 0) return true;
    return false;
  }

  /** The first row, which is that of a listener. */
  get firstRow(): HookRow | null {
    for (const row of this.#rows.values()) return row;
    return null;
  }

  /** A hook no longer adds to the row. There may be any number of names: the rows of old ones are combined. */
  leave(row: HookRow): void {
    row.live--;
    if (row.live > 0 || this.#rows.size <= MAX_ROWS || !this.#rows.delete(keyOf(row))) return;
    this.#rest.add(row);
  }

  /** How many items came in and went out by all hooks together. */
  items(): { readonly in: number; readonly out: number } {
    const sum = { in: this.#rest.in.items, out: this.#rest.out.items };
    for (const row of this.#rows.values()) {
      sum.in += row.in.items;
      sum.out += row.out.items;
    }
    return sum;
  }

  /** Adds the counts of another name. */
  add(other: NodeCounts, now: number): void {
    for (const row of other.#rows.values()) this.row(row).add(row);
    this.#rest.add(other.#rest);
    addCounts(this.reasons, other.reasons);
    addCounts(this.results, other.results);
    addCounts(this.rules, other.rules);
    for (const [name, counts] of other.#targets) this.target(name).add(counts);
    if (other.#timings !== null) this.timings.add(other.#timings.snapshot(now));
  }

  /** Adds restored counts. */
  restore(
    { name: counted, hooks, removedHooks, reasons, results, timings, targets = {}, rules = {} }: CountsSnapshot,
  ): void {
    for (const hook of hooks) {
      const { name, automatic, peer } = hook;
      // A row that leads to connections is identified by its listener too; the peer of a single hook is not part of its
      // row.
      const origin = name.endsWith("*") ? peer : null;
      this.row({ name, automatic, origin, stays: origin !== null || counted.includes("/") }).add(hook);
    }
    if (removedHooks !== null) this.#rest.add(removedHooks);
    addCounts(this.reasons, reasons);
    addCounts(this.results, results);
    addCounts(this.rules, rules);
    for (const [name, totals] of Object.entries(targets)) this.target(name).add(totals);
    if (timings !== null) this.timings.add(timings);
  }

  /** All rows except those in `shown`, which their node shows: rows to show too, and the sum of the others. */
  others(shown: ReadonlySet<HookRow>): { readonly rows: readonly HookSnapshot[]; readonly removed: Carried | null } {
    const rows: HookSnapshot[] = [];
    const removed = new HookRow({ name: "" });
    removed.add(this.#rest);
    for (const row of this.#rows.values()) {
      if (shown.has(row)) continue;
      if (row.stays) rows.push(row.snapshot());
      else removed.add(row);
    }
    return { rows, removed: carriedOf(removed) };
  }

  /** All counts as plain data, for a name without a node. */
  snapshot(name: string, now: number): CountsSnapshot {
    const { type, hook, reasons, results } = this;
    return {
      name,
      type,
      hook,
      hooks: [...this.#rows.values()].map((row) => row.snapshot()),
      removedHooks: carriedOf(this.#rest),
      reasons: { ...reasons },
      results: { ...results },
      timings: this.timingsAt(now),
      ...(this.#targets.size === 0 ? {} : { targets: this.#targetTotals() }),
      ...(Object.keys(this.rules).length === 0 ? {} : { rules: { ...this.rules } }),
    };
  }

  #targetTotals(): TotalsByTarget {
    return Object.fromEntries([...this.#targets].map(([name, counts]) => [name, counts.totals()]));
  }

  /** Durations; null if nothing was measured. */
  timingsAt(now: number): TimingsSnapshot | null {
    return this.#timings?.snapshot(now) ?? null;
  }
}

function keyOf({ name, origin = null }: RowPlace): string {
  return origin === null ? name : `${name} ${origin}`;
}

/** Null if all counts are zero. */
function carriedOf(row: HookRow): Carried | null {
  return row.empty ? null : row.carried();
}

/** A row for hooks whose counts are not read: those of anchors, and of hooks without a peer. */
export const UNCOUNTED: HookRow = new HookRow({ name: "" });

/** Attempts to connect, by result, as reported. */
export function countAttempts(results: Counts): Pick<ConnectionCounts, "total" | "refused" | "results"> {
  const { accepted = 0, aborted = 0, ...refusals } = results;
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
  return { total: accepted, refused, ...(refused + aborted === 0 ? {} : { results: { ...results } }) };
}

/** Connections by rule, as reported. */
export function rulesOf({ byRule = [] }: Pick<ConnectionCounts, "byRule">): Counts {
  return Object.fromEntries(byRule.map(({ rule, total }) => [rule, total]));
}

/** The reported results. */
export function resultsOf({ total, results }: Pick<ConnectionCounts, "total" | "results">): Counts {
  return results ?? { accepted: total };
}
