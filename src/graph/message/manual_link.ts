/**
 * Links that were made manually, by `msg` or `ngctl`, between nodes of a topology and nodes that are not part of it,
 * and adding such nodes to the topology.
 *
 * The node of a session (a program's or ngctl's own) does not count: it ends with its session. Neither does a node that
 * is joined to an accepted connection itself: that connection was accepted manually.
 *
 * @module
 */

import { firstFree } from "./automatic_hook.ts";
import type { Graph } from "../core/graph.ts";
import { parseTopologyNodeName } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import type { ManualLink } from "../data/state.ts";

/** The manual links of a node; none for a node that is not part of a topology. */
export function manualLinksOf(node: Node): readonly ManualLink[] {
  const { name, origin: { scope, template } } = node;
  if (!isPart(node)) return [];
  const links: ManualLink[] = [];
  for (const hook of node.hooks.values()) {
    const { peer } = hook;
    if (peer === null || !isForeign(peer.node, scope)) continue;
    links.push({
      node: template === null && name !== null ? name : node.path,
      template,
      hook: hook.name,
      peer: `${peer.node.path}:${peer.name}`,
      peerType: peer.node.type.name,
    });
  }
  return links;
}

/** Adds all manually created nodes that are joined to a topology to it, each with a name. */
export function adoptManual(graph: Graph, scope: string): void {
  const { names } = graph.scope(scope);
  const work = [...names.values()];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    for (const { peer } of node.hooks.list()) {
      if (peer === null || !isMadeManually(peer.node) || !isForeign(peer.node, scope)) continue;
      const name = nameFor(peer.node, new Set(names.keys()));
      graph.addToScope(peer.node, { scope, name });
      work.push(peer.node);
    }
  }
}

/** True for a node with a name in its topology, and for a copy of a template's node. */
function isPart({ name, origin: { scope, owner, template } }: Node): boolean {
  return scope !== "" && (owner === null ? name !== null : template !== null);
}

/** True for a node that neither belongs to a topology of that name nor to one of its connections. */
function isForeign(node: Node, scope: string): boolean {
  const { name, type, origin } = node;
  if (!type.creatable || origin.owner !== null) return false;
  return name === null || origin.scope !== scope;
}

/** False for a node of another topology. */
function isMadeManually({ origin }: Node): boolean {
  return !origin.declared && origin.owner === null;
}

/** Its own name if it is valid and free in the topology; otherwise its type's name with a number. */
function nameFor({ name, type }: Node, taken: ReadonlySet<string>): string {
  if (name !== null && !taken.has(name) && isTopologyName(name)) return name;
  return firstFree(type.name, taken);
}

function isTopologyName(name: string): boolean {
  try {
    parseTopologyNodeName(name);
    return true;
  } catch {
    // ngctl allows more names than topology files.
    return false;
  }
}
