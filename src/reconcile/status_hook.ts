/**
 * Hooks in the words of status.
 *
 * @module
 */

import type { NodeReport, Traffic } from "../graph/report.ts";
import type { HookSnapshot } from "../graph/snapshot.ts";
import { addCounts, type Counts } from "../graph/sum.ts";
import type { HookStatus } from "./status_types.ts";

/** No traffic. */
export const NO_TRAFFIC: Traffic = { bytes: 0, items: 0 };

/**
 * The hooks of a node.
 *
 * @param carried what a socket, or all connections of a listener, took from the network and gave to it, which is what
 * people ask of its one hook; null for what is no socket
 */
export function hookStatuses(
  hooks: readonly HookSnapshot[],
  { carried }: { carried: NodeReport["traffic"] },
): readonly HookStatus[] {
  const told = hooks.map(({ automatic: _, ...rest }): HookStatus => rest);
  const [first, ...rest] = told;
  return first === undefined || carried === null ? told : [{ ...first, ...carried }, ...rest];
}

/** Sums counts by their reason. */
export function sumReasons(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const one of all) addCounts(sum, one);
  return sum;
}
