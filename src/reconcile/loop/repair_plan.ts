/**
 * The plans that repair a failed node: the failed message and the following ones again, or a new node.
 *
 * @module
 */

import type { GraphState, NodeState } from "../../graph/data/state.ts";
import { commandOf, type TypeTable } from "../diff/facts.ts";
import { type Plan, planChanges } from "../plan/plan.ts";
import type { StaleNode } from "../plan/resolved_references.ts";
import { type Reason, sendMessage, startTraffic } from "../plan/step.ts";

/** Sends a node's messages again, from the one at `index` on. */
export function planResend(desired: GraphState, node: NodeState, options: { index: number; generation: number }): Plan {
  const { index: first, generation } = options;
  const reason: Reason = { kind: "change", cause: "retried" };
  const steps = node.messages.flatMap((message, index) => {
    return index < first ? [] : [sendMessage(desired.name, node.name, { message, index, reason })];
  });
  const summary = { add: 0, change: 1, remove: 0, kept: 0, closed: 0 };
  return {
    topology: desired.name,
    fromGeneration: generation,
    toGeneration: generation,
    steps: [...steps, startTraffic(desired.name)],
    summary,
    closedQueues: [],
  };
}

/** Sends the messages again whose replies have changed, or recreates the node if their change requires it. */
export function planFollow(
  desired: GraphState,
  stale: StaleNode,
  options: { types: TypeTable; generation: number },
): Plan {
  const { node, messages, cause } = stale;
  const { types, generation } = options;
  const live = messages.every((index) => {
    const command = commandOf(types, node.type, node.messages[index]?.command ?? "");
    return command !== null && command.kind === "setting" && command.cost !== "replace";
  });
  if (!live) return planRecreate(desired, node.name, { ...options, cause: `reply of "${cause}" changed` });
  const reason: Reason = { kind: "change", cause: `reply of "${cause}" changed` };
  const steps = node.messages.flatMap((message, index) => {
    return messages.includes(index) ? [sendMessage(desired.name, node.name, { message, index, reason })] : [];
  });
  const summary = { add: 0, change: 1, remove: 0, kept: 0, closed: 0 };
  return {
    topology: desired.name,
    fromGeneration: generation,
    toGeneration: generation,
    steps,
    summary,
    closedQueues: [],
  };
}

/** Recreates a node, and nodes that do not survive that, and no others. Only nodes that links lead to are looked at. */
export function planRecreate(
  desired: GraphState,
  node: string,
  options: { types: TypeTable; generation: number; cause?: string },
): Plan {
  const { types, generation, cause = "it ended" } = options;
  const part = linkedPart(desired, node);
  return planChanges(part, part, {
    types,
    fromGeneration: generation,
    toGeneration: generation,
    replace: new Map([[node, cause]]),
  });
}

/** The part of a topology that links join to a node: the others survive whatever happens to it. */
function linkedPart(state: GraphState, node: string): GraphState {
  const peers = new Map<string, string[]>();
  for (const { ends: [a, b] } of state.links) {
    for (const [from, to] of [[a.node, b.node], [b.node, a.node]] as const) {
      const known = peers.get(from);
      if (known === undefined) peers.set(from, [to]);
      else known.push(to);
    }
  }
  const names = new Set([node]);
  // The set grows while it is iterated.
  for (const name of names) for (const other of peers.get(name) ?? []) names.add(other);
  const links = state.links.filter(({ ends: [a] }) => names.has(a.node));
  return { ...state, nodes: state.nodes.filter(({ name }) => names.has(name)), links, templates: [] };
}
