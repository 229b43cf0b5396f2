/**
 * Selects parts of a status: the named topologies, and of these one requested node.
 *
 * @module
 */

import { nearHint, runningHint } from "../../ascii/near.ts";
import { NetgraphError } from "../../errors.ts";
import type { NodeStatus, Status, TopologyStatus } from "./status_types.ts";

/** The selection. */
export interface Selection {
  /** Topologies by name; none means all. */
  readonly names: readonly string[];
  /** A node: `front`, `web/front`, `session/upstream`; null: all of them. */
  readonly node: string | null;
}

/**
 * The part of a status.
 *
 * @throws NetgraphError ENOENT for a topology that does not run, and for an unknown node
 */
export function selectStatus(status: Status, selection: Selection): Status {
  const running = status.topologies.map(({ name }) => name);
  for (const name of selection.names) {
    if (running.includes(name)) continue;
    throw new NetgraphError("ENOENT", `Topology "${name}" is not running: ${runningHint(name, running)}`);
  }
  const selected = keepSelected(status, selection);
  if (selection.node === null || selected.topologies.length > 0) return selected;
  const { topologies } = keepSelected(status, { ...selection, node: null });
  const near = nearHint(selection.node, topologies.flatMap(namesOf)) ?? `"sockgraph status" lists the nodes`;
  throw new NetgraphError("ENOENT", `Node "${selection.node}" is not running: ${near}`);
}

/** The same, omitting missing parts. */
export function keepSelected(status: Status, { names, node }: Selection): Status {
  const topologies = status.topologies.filter(({ name }) => names.length === 0 || names.includes(name));
  if (node === null) return { ...status, topologies };
  const narrowed = topologies.map((topology) => {
    return { ...topology, nodes: topology.nodes.filter((one) => isNamed(topology, one, node)) };
  });
  return { ...status, topologies: narrowed.filter(({ nodes }) => nodes.length > 0) };
}

function namesOf(topology: TopologyStatus): readonly string[] {
  return topology.nodes.map(({ name }) => name);
}

function isNamed(topology: TopologyStatus, { name }: NodeStatus, desired: string): boolean {
  return name === desired || `${topology.name}/${name}` === desired;
}

/**
 * The number of open connections: those of listeners, and those without a listener. Copies of templates, which count
 * their connections, have no ID.
 */
export function openConnections({ nodes, outliving = {} }: TopologyStatus): number {
  const listeners = nodes.map(({ id, connections }) => id === null ? 0 : connections?.active ?? 0);
  return [...listeners, ...Object.values(outliving)].reduce((sum, one) => sum + one, 0);
}
