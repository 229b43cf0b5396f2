/**
 * Hooks in status.
 *
 * @module
 */

import type { Carried } from "../../graph/data/counts.ts";
import type { Traffic } from "../../graph/data/node_report.ts";
import type { HookSnapshot } from "../../graph/data/counts.ts";
import { addCounts, addTraffic } from "../../graph/data/totals.ts";
import type { HookStatus, NodeStatus } from "./status_types.ts";

/** No traffic. */
export const NO_TRAFFIC: Traffic = { bytes: 0, items: 0 };

/** The hooks of a node. */
export function hookStatuses(hooks: readonly HookSnapshot[]): readonly HookStatus[] {
  return hooks.map(({ automatic: _, ...rest }): HookStatus => rest);
}

/** The counts of all hooks of a node, including removed ones. */
export function carriedBy({ hooks, removedHooks }: Pick<NodeStatus, "hooks" | "removedHooks">): Carried {
  const sum = { in: { bytes: 0, items: 0 }, out: { bytes: 0, items: 0 } };
  const [dropped, droppedBytes]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const one of removedHooks === undefined ? hooks : [...hooks, removedHooks]) {
    addTraffic(sum, one);
    addCounts(dropped, one.dropped);
    addCounts(droppedBytes, one.droppedBytes);
  }
  return { ...sum, dropped, droppedBytes };
}

/** The hooks of a node as shown: the counts of removed ones are last. */
export function shownHooks(node: Pick<NodeStatus, "hooks" | "removedHooks">): readonly HookStatus[] {
  const { hooks, removedHooks } = node;
  return removedHooks === undefined ? hooks : [...hooks, { name: "(removed)", peer: null, ...removedHooks }];
}
