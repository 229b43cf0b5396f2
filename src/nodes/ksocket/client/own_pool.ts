/**
 * The pool of a ksocket, and the client of its connection.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import { Pool } from "../../pool/pool.ts";
import type { Target } from "../../pool/target.ts";
import type { TargetPool } from "../../pool/target_pool.ts";
import { hostOf } from "../listener/client_source.ts";
import type { SocketNode } from "../role.ts";

/**
 * The pool of that name: that of the listener that created the node, otherwise a node of the topology.
 *
 * @throws NetgraphError ENOENT if there is none
 */
export function findPool({ node, graph, targetReports, clientDestination }: SocketNode, name: string): TargetPool {
  const own = clientDestination === null ? null : targetReports?.poolOf(clientDestination) ?? null;
  if (own !== null) return own;
  const behaviour = graph.scope(node.origin.scope).names.get(name)?.behaviour;
  if (behaviour instanceof Pool) return behaviour.targets;
  const message = `Cannot connect "${node.label}" to pool/${name}: there is no pool "${name}"`;
  throw new NetgraphError("ENOENT", message, { subject: { node: node.label } });
}

/** The target whose address the destination of its client is; null for a node that exists once, and in a template. */
export function ownTarget({ targetReports, clientDestination }: SocketNode): Target | null {
  return clientDestination === null ? null : targetReports?.targetOf(clientDestination) ?? null;
}

/** The host of the client for which a node was created; the node's own name for a declared one. */
export function sourceOf({ node, clientEnds }: SocketNode): string {
  const source = clientEnds?.source ?? null;
  return source === null ? node.label : hostOf(source);
}
