/**
 * What many connections have carried together.
 *
 * @module
 */

import type { Traffic } from "../graph/report.ts";

/** Octets and items both ways, as they grow. */
export interface TrafficSum {
  readonly in: { bytes: number; items: number };
  readonly out: { bytes: number; items: number };
}

/** Adds what one connection has carried. */
export function addTraffic(sum: TrafficSum, one: { readonly in: Traffic; readonly out: Traffic }): void {
  sum.in.bytes += one.in.bytes;
  sum.in.items += one.in.items;
  sum.out.bytes += one.out.bytes;
  sum.out.items += one.out.items;
}
