/**
 * The plan that removes a whole topology, for output: `apply --prune` and `down` remove its scope as a whole.
 *
 * Nothing of it remains, so connections without a listener are closed too.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import type { TypeTable } from "../diff/facts.ts";
import { ConnectionEffects, type ConnectionTable, totalConnections } from "./connections.ts";
import { describeNewOwner, type OtherTopologyNode } from "./order.ts";
import type { Plan } from "./plan.ts";
import { closeScope, type ConnectionEffect, type Reason, shutdownNode } from "./step.ts";

/** The input of a plan beside the observed state. */
export interface RemovalOptions {
  readonly types: TypeTable;
  readonly generation: number;
  readonly connections: ConnectionTable;
  /** Nodes that other topologies of the same change create: some may need an address of this one. */
  readonly createdElsewhere: readonly OtherTopologyNode[];
}

/** Plans the removal of a topology; its last generation is 0. */
export function planRemoval(
  { name: topology, nodes }: GraphState,
  { types, generation, connections, createdElsewhere }: RemovalOptions,
): Plan {
  const names = nodes.map(({ name }) => name);
  const closing = connections.map((group) => group.listener === null ? group : { ...group, sharesSocket: true });
  const effects = new ConnectionEffects(closing, names);
  const queues = new ConnectionEffects(connections, []);
  const closed = totalConnections(connections);
  const rest = closed - effects.ofAll().closed;
  const reason = (effect: ConnectionEffect | null, addresses = ""): Reason => {
    return { kind: "remove", cause: `topology "${topology}" is removed${addresses}`, connections: effect };
  };
  return {
    topology,
    fromGeneration: generation,
    toGeneration: 0,
    steps: [
      ...nodes.map((node) => {
        const { name } = node;
        return shutdownNode(
          topology,
          name,
          reason(effects.ofEnd(name), describeNewOwner(types, node, createdElsewhere)),
        );
      }),
      // Connections without a listener belong to no node; and a topology without nodes is removed too.
      ...(rest > 0 || names.length === 0 ? [closeScope(topology, reason({ kept: 0, closed: rest }))] : []),
    ],
    summary: { add: 0, change: 0, remove: names.length, kept: 0, closed },
    closedQueues: names.filter((name) => queues.queues(name)),
  };
}
