/**
 * Looking at what runs: all of it or a part, and the nodes without a name. The requests of that part of the control API;
 * `protocol.ts` has the table of routes.
 *
 * @module
 */

import type { LiveNode } from "../reconcile/status/live_node.ts";
import { type Selection, selectStatus } from "../reconcile/status/status_select.ts";
import type { Status } from "../reconcile/status/status_types.ts";

/** The engine as those see it who look at what runs. */
export interface LookFace {
  /** What runs. */
  status(): Promise<Status>;
  /** Connections and copies of a topology, in the order in which they were made. ENOENT for a name that does not run. */
  liveNodes(topology: string): Promise<readonly LiveNode[]>;
  /** What runs and what was done so far as numbers, in the text of OpenMetrics. */
  metrics(): Promise<string>;
}

/** Reads `?name=web&name=mirror&node=front`. */
export function selectionOf(query: URLSearchParams): Selection {
  return { names: query.getAll("name"), node: query.get("node") };
}

/** Writes it. */
export function queryOf({ names, node }: Selection): string {
  const query = new URLSearchParams([
    ...names.map((name) => ["name", name]),
    ...node === null ? [] : [["node", node]],
  ]);
  return query.size === 0 ? "" : `?${query}`;
}

/**
 * The part of what runs that is asked for.
 *
 * @throws NetgraphError ENOENT for what is not there
 */
export async function lookAt(face: LookFace, selection: Selection): Promise<Status> {
  return selectStatus(await face.status(), selection);
}

/**
 * Connections and copies in the part that is asked for; with a node those that it accepted, or that copy it.
 *
 * @throws NetgraphError ENOENT for what is not there
 */
export async function* lookAtLive(face: LookFace, selection: Selection): AsyncGenerator<LiveNode> {
  // A node is looked for among those that live: that none of them is about it is no failure.
  const { topologies } = selectStatus(await face.status(), { ...selection, node: null });
  for (const { name } of topologies) {
    for (const node of await face.liveNodes(name)) if (isAbout(node, selection.node)) yield node;
  }
}

function isAbout({ topology, node, template }: LiveNode, wanted: string | null): boolean {
  if (wanted === null) return true;
  return [node, template].some((name) => name !== null && (name === wanted || `${topology}/${name}` === wanted));
}
