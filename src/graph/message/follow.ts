/**
 * Follows a path to its node, and to the hook at which it arrives.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { Graph } from "../core/graph.ts";
import type { Hook } from "../core/hook.ts";
import { formatNodeId } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import { parsePath, type Path } from "./path.ts";

/** The end of a path. */
export interface Arrival {
  /** The node. */
  readonly node: Node;
  /** The hook of that node at which the last step arrived; null for a path without hooks. */
  readonly hook: Hook | null;
}

/**
 * Follows a path.
 *
 * @param from the node where a relative path begins; null for a sender outside the graph
 * @throws NetgraphError ENOENT, ENXIO, EINVAL
 */
export function followPath(graph: Graph, path: string | Path, from: Node | null): Arrival {
  const { scope, node, hooks } = typeof path === "string" ? parsePath(path) : path;
  let here: Arrival = { node: startOf(graph, { scope, node, from }), hook: null };
  for (const name of hooks) {
    const hook = here.node.hook(name);
    if (hook === undefined) {
      throw new NetgraphError("ENOENT", `Cannot follow hook "${name}" of "${here.node.path}": it has no such hook`);
    }
    const { peer } = hook;
    if (peer === null || !peer.node.alive) {
      throw new NetgraphError("ENXIO", `Cannot follow hook "${name}" of "${here.node.path}": it has no peer`);
    }
    here = { node: peer.node, hook: peer };
  }
  return here;
}

function startOf(
  graph: Graph,
  { scope, node, from }: Pick<Path, "scope" | "node"> & { readonly from: Node | null },
): Node {
  if (node === null || node.kind === "self") {
    if (from === null) {
      throw new NetgraphError("EINVAL", "A path must have a node and a colon, such as web/front:");
    }
    return from;
  }
  if (node.kind === "anchor") return graph.scope(scope ?? "").anchor;
  if (node.kind === "name") return graph.scope(scope ?? from?.origin.scope ?? "").node(node.name);
  const found = graph.node(node.id);
  if (found === null) throw new NetgraphError("ENOENT", `Cannot find node "${formatNodeId(node.id)}"`);
  return found;
}
