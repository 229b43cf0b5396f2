/**
 * The plan that removes a whole topology, for people: what `apply --prune` and `down` do at once with its scope.
 *
 * Nothing of it is left, so that connections are closed as well that would outlive their listener.
 *
 * @module
 */

import type { GraphState } from "../graph/state.ts";
import { ConnectionFates, type ConnectionTable, totalConnections } from "./connections.ts";
import type { Plan } from "./plan.ts";
import { shutdownNode } from "./step.ts";

/** Plans the removal of a topology; its last generation is 0. */
export function planRemoval(
  { name: topology, nodes }: GraphState,
  { generation, connections }: { readonly generation: number; readonly connections: ConnectionTable },
): Plan {
  const names = nodes.map(({ name }) => name);
  const closing = connections.map((group) => group.listener === null ? group : { ...group, sharesSocket: true });
  const fates = new ConnectionFates(closing, names);
  const queues = new ConnectionFates(connections, []);
  return {
    topology,
    fromGeneration: generation,
    toGeneration: 0,
    steps: names.map((name) => {
      const cause = `topology "${topology}" is removed`;
      return shutdownNode(topology, name, { kind: "remove", cause, connections: fates.ofEnd(name) });
    }),
    summary: { add: 0, change: 0, remove: names.length, kept: 0, closed: totalConnections(connections) },
    closedQueues: names.filter((name) => queues.queues(name)),
  };
}
