/**
 * Sums of what many have counted: each is added to in place, as there may be thousands to add.
 *
 * @module
 */

import type { Traffic } from "./node_report.ts";

/** How many, by what. */
export type Counts = Readonly<Record<string, number>>;

/** Octets and items both ways, as they grow. */
export interface TrafficSum {
  readonly in: { bytes: number; items: number };
  readonly out: { bytes: number; items: number };
}

/** Adds what one of them has carried. */
export function addTraffic(sum: TrafficSum, one: { readonly in: Traffic; readonly out: Traffic }): void {
  sum.in.bytes += one.in.bytes;
  sum.in.items += one.in.items;
  sum.out.bytes += one.out.bytes;
  sum.out.items += one.out.items;
}

/** Adds what one of them has counted. */
export function addCounts(sum: Record<string, number>, one: Counts): void {
  for (const key in one) sum[key] = (sum[key] ?? 0) + (one[key] ?? 0);
}
