/**
 * Renames in an order in which every name is free when it is used. Nodes that exchange their names need one more: the
 * first of them gets a temporary name.
 *
 * @module
 */

import { temporaryNameOf } from "../../graph/data/name.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { ConnectionEffects } from "./connections.ts";
import type { GraphDiff } from "../diff/diff.ts";
import { referredNodes } from "../diff/claims.ts";
import { renameInReferences, renameNode, type Step } from "./step.ts";

/** The input of the steps. */
export interface RenameOptions {
  readonly scope: string;
  readonly observed: GraphState;
  readonly desired: GraphState;
  readonly diff: GraphDiff;
  readonly effects: ConnectionEffects;
}

/** One rename. */
export interface Rename {
  readonly from: string;
  readonly to: string;
  /** The name that the node finally has. */
  readonly node: string;
}

/** The steps that rename nodes and the references to them. */
export function planRenames({ scope, observed, desired, diff, effects }: RenameOptions): readonly Step[] {
  const renamed = diff.nodes.filter((change) => change.kind === "rename");
  if (renamed.length === 0) return [];
  const referred = new Set(observed.nodes.flatMap(referredNodes));
  const origins = new Map(renamed.map(({ from, node }) => [node.name, from]));
  const taken = new Set([...observed.nodes, ...desired.nodes].map(({ name }) => name));
  return orderRenames(origins, taken).flatMap(({ from, to, node }) => {
    const origin = origins.get(node) ?? from;
    const connections = effects.ofChange(node);
    const cause = to === node ? `renamed from "${origin}"` : "another node gets its name";
    const reason = { kind: "change", cause, cost: "live", connections } as const;
    const rename = { ...renameNode(scope, { from, to }, reason), node, subject: `node ${node}` };
    return referred.has(origin) ? [rename, renameInReferences(scope, { from, to })] : [rename];
  });
}

/**
 * Orders renames.
 *
 * @param renames old names by new names
 * @param taken names that are not available as temporary names
 */
export function orderRenames(renames: ReadonlyMap<string, string>, taken: ReadonlySet<string>): readonly Rename[] {
  const waiting = new Map(renames);
  const ordered: Rename[] = [];
  while (waiting.size > 0) {
    const held = new Set(waiting.values());
    const free = [...waiting].filter(([to]) => !held.has(to));
    for (const [to, from] of free) {
      ordered.push({ from, to, node: to });
      waiting.delete(to);
    }
    const [first] = waiting;
    if (free.length > 0 || first === undefined) continue;
    const [node, from] = first;
    const to = temporaryNameOf(from, taken);
    ordered.push({ from, to, node });
    waiting.set(node, to);
  }
  return ordered;
}
