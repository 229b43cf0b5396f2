/**
 * Connections whose listener is gone: they go on, and are counted here, since there is no node to count them.
 *
 * @module
 */

import type { ScopeSnapshot } from "../graph/snapshot.ts";

/** How many there are, by the generation they began under. */
export function countOutliving(snapshot: ScopeSnapshot | null): Readonly<Record<string, number>> {
  const byGeneration: Record<string, number> = {};
  if (snapshot === null) return byGeneration;
  const connections = snapshot.nodes.filter(({ owner, template }) => owner !== null && template === null);
  if (connections.length === 0) return byGeneration;
  const there = new Set(snapshot.nodes.map((node) => node.id));
  for (const { owner, generation } of connections) {
    if (owner === null || there.has(owner)) continue;
    byGeneration[generation] = (byGeneration[generation] ?? 0) + 1;
  }
  return byGeneration;
}
