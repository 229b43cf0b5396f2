/**
 * Sums of many counts, added in place, because there may be thousands.
 *
 * @module
 */

import type { Traffic } from "./node_report.ts";

/** Numbers by key. */
export type Counts = Readonly<Record<string, number>>;

/** Growing counts of bytes and items in both directions. */
export interface TrafficSum {
  readonly in: { bytes: number; items: number };
  readonly out: { bytes: number; items: number };
}

/** Adds the traffic of one of them. */
export function addTraffic(sum: TrafficSum, one: { readonly in: Traffic; readonly out: Traffic }): void {
  sum.in.bytes += one.in.bytes;
  sum.in.items += one.in.items;
  sum.out.bytes += one.out.bytes;
  sum.out.items += one.out.items;
}

/** Adds the counts of one of them. */
export function addCounts(sum: Record<string, number>, one: Counts): void {
  for (const key in one) sum[key] = (sum[key] ?? 0) + (one[key] ?? 0);
}
