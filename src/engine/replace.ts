/**
 * Nodes that a user wants to be recreated, by name.
 *
 * @module
 */

import { listNames, nearHint } from "../ascii/near.ts";
import type { PlanRequest } from "../api/operations/apply.ts";
import { NetgraphError } from "../errors.ts";
import type { GraphState } from "../graph/data/state.ts";

/**
 * The nodes to be recreated, by topology. A name without topology means every topology that has such a node.
 *
 * @throws NetgraphError ENOENT for an unknown node
 */
export function replacements(
  { topologies, replace }: Pick<PlanRequest, "topologies" | "replace">,
): (topology: string) => readonly string[] {
  const all = topologies.map(({ state }) => ({ name: state.name, nodes: nodesToReplace(state, replace) }));
  const paths = topologies.flatMap(({ state }) => state.nodes.flatMap(({ name }) => [name, `${state.name}/${name}`]));
  for (const desired of replace) {
    if (paths.includes(desired)) continue;
    const hint = nearHint(desired, paths);
    throw new NetgraphError(
      "ENOENT",
      `Cannot find node "${desired}" of --replace: ${
        hint ?? `the topologies have ${listNames(paths.filter((path) => path.includes("/")))}`
      }`,
    );
  }
  return (topology) => all.find(({ name }) => name === topology)?.nodes ?? [];
}

function nodesToReplace(state: GraphState, replace: readonly string[]): readonly string[] {
  const names = state.nodes.map(({ name }) => name);
  return names.filter((name) => replace.includes(name) || replace.includes(`${state.name}/${name}`));
}
