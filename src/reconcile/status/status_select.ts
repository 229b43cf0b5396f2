/**
 * Parts of a status: the topologies that are named, and of these the one node that is asked for.
 *
 * @module
 */

import { listNames, nearHint } from "../../ascii/near.ts";
import { NetgraphError } from "../../errors.ts";
import type { NodeStatus, Status, TopologyStatus } from "./status_types.ts";

/** What is asked for. */
export interface Selection {
  /** Topologies by name; none means all. */
  readonly names: readonly string[];
  /** A node: `front`, `web/front`, `session/upstream`; null: all of them. */
  readonly node: string | null;
}

/**
 * The part of a status.
 *
 * @throws NetgraphError ENOENT for a topology that does not run, and for a node that none of them has
 */
export function selectStatus(status: Status, selection: Selection): Status {
  const running = status.topologies.map(({ name }) => name);
  for (const name of selection.names) {
    if (running.includes(name)) continue;
    const hint = nearHint(name, running) ??
      (running.length === 0
        ? "nothing runs"
        : running.length === 1
        ? `there is ${listNames(running)}`
        : `there are ${listNames(running)}`);
    throw new NetgraphError("ENOENT", `No topology "${name}" runs: ${hint}`);
  }
  const selected = keepSelected(status, selection);
  if (selection.node === null || selected.topologies.length > 0) return selected;
  const { topologies } = keepSelected(status, { ...selection, node: null });
  const near = nearHint(selection.node, topologies.flatMap(namesOf)) ?? `"sockgraph status" lists them`;
  throw new NetgraphError("ENOENT", `No node "${selection.node}" runs: ${near}`);
}

/** The same where what is not there is left out. */
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
 * How many connections are open: those of listeners, and those that outlive their listener. Copies of templates, which
 * count the connections that they belong to, have no ID.
 */
export function openConnections({ nodes, outliving = {} }: TopologyStatus): number {
  const listeners = nodes.map(({ id, connections }) => id === null ? 0 : connections?.active ?? 0);
  return [...listeners, ...Object.values(outliving)].reduce((sum, one) => sum + one, 0);
}
