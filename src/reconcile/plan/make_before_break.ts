/**
 * Nodes whose replacement is created before the old node ends: a listener that moves to another address. The old node
 * gets a temporary name and accepts connections until its replacement is created; if that fails, it gets its name back
 * and was never closed.
 *
 * This is possible only for nodes with an address that no other node needs, and that no link names: a hook has only one
 * peer.
 *
 * @module
 */

import { claimsClash, type NamedClaim } from "../../graph/data/claim.ts";
import { temporaryNameOf } from "../../graph/data/name.ts";
import type { GraphState, NodeState } from "../../graph/data/state.ts";
import type { GraphDiff } from "../diff/diff.ts";
import type { TypeTable } from "../diff/facts.ts";
import { claimsOf, placeOf } from "../diff/claims.ts";
import * as steps from "./step.ts";
import type { Step } from "./step.ts";

/** The names of old nodes while their replacements are created, by their own names. */
export type TemporaryNames = ReadonlyMap<string, string>;

/** The input of the choice. */
export interface TemporaryNameOptions {
  readonly types: TypeTable;
  readonly observed: GraphState;
  readonly desired: GraphState;
  /** Nodes that other topologies of the same change create. */
  readonly createdElsewhere: readonly NodeState[];
  /** Nodes that are recreated because of a request, or because they failed. */
  readonly requested: ReadonlyMap<string, string>;
}

/** The old nodes that can stay until their replacements are created, with temporary names. */
export function findTemporaryNames(diff: GraphDiff, options: TemporaryNameOptions): TemporaryNames {
  const { types, observed, desired, createdElsewhere, requested } = options;
  const replaced = diff.nodes.flatMap((change) => change.kind === "replace" ? [change] : []);
  if (replaced.length === 0) return new Map();
  const linked = new Set([...observed.links, ...desired.links].flatMap(({ ends }) => ends.map((end) => end.node)));
  const added = byPlace(types, [...nodesMade(diff), ...createdElsewhere]);
  const removed = byPlace(types, nodesEnded(diff));
  const taken = new Set([...observed.nodes, ...desired.nodes].map((node) => node.name));
  const temporaryNames = new Map<string, string>();
  for (const { from, node } of replaced) {
    if (requested.has(node.name) || linked.has(node.name)) continue;
    const [old, replacement] = [claimsOf(types, from), claimsOf(types, node)];
    // If the system chose the port, it may be the one that is needed now.
    if (old.length === 0 || clash(old, added) || clash(replacement, removed)) continue;
    const temporary = temporaryNameOf(node.name, taken);
    taken.add(temporary);
    temporaryNames.set(node.name, temporary);
  }
  return temporaryNames;
}

/** The state after a failed plan, with the own names of old nodes restored, and the steps that restore them. */
export function restoreNames(
  observed: GraphState,
  temporaryNames: TemporaryNames,
): { state: GraphState; steps: readonly Step[] } {
  const names = new Map(observed.nodes.map((node) => [node.name, node]));
  const back = [...temporaryNames].filter(([, temporary]) => names.has(temporary));
  if (back.length === 0) return { state: observed, steps: [] };
  const restored = new Set(back.map(([name]) => name));
  const own = new Map(back.map(([name, temporary]) => [temporary, name]));
  const nodes = observed.nodes.filter((node) => !restored.has(node.name));
  const reason = { kind: "change", cause: "restored" } as const;
  return {
    state: { ...observed, nodes: nodes.map((node) => ({ ...node, name: own.get(node.name) ?? node.name })) },
    steps: back.flatMap(([name, temporary]) => [
      ...(names.has(name) ? [steps.shutdownNode(observed.name, name, reason)] : []),
      steps.renameNode(observed.name, { from: temporary, to: name }, reason),
    ]),
  };
}

/** The nodes that are created or recreated. */
export function nodesMade(diff: GraphDiff): readonly NodeState[] {
  return diff.nodes.flatMap((change) => change.kind === "add" || change.kind === "replace" ? [change.node] : []);
}

/** The nodes that are removed or recreated. */
export function nodesEnded(diff: Pick<GraphDiff, "nodes">): readonly NodeState[] {
  return diff.nodes.flatMap((change) => {
    return change.kind === "remove" ? [change.node] : change.kind === "replace" ? [change.from] : [];
  });
}

function byPlace(types: TypeTable, nodes: readonly NodeState[]): ReadonlyMap<string, readonly NamedClaim[]> {
  const places = new Map<string, NamedClaim[]>();
  for (const claim of nodes.flatMap((node) => claimsOf(types, node))) {
    const list = places.get(placeOf(claim));
    if (list === undefined) places.set(placeOf(claim), [claim]);
    else list.push(claim);
  }
  return places;
}

function clash(claims: readonly NamedClaim[], others: ReadonlyMap<string, readonly NamedClaim[]>): boolean {
  return claims.some((claim) => others.get(placeOf(claim))?.some((other) => claimsClash(claim, other)) === true);
}
