/**
 * The graph of a script, as the states of topologies.
 *
 * @module
 */

import { parseTopologyNodeName } from "../../../graph/data/name.ts";
import {
  canonicalLink,
  compareLinks,
  DEFAULT_RESTART,
  type End,
  type GraphState,
  type LinkState,
} from "../../../graph/data/state.ts";
import { AsciiError } from "../../../ascii/error.ts";
import { type ImportContext, noteChange } from "./reading.ts";
import type { ScriptGraph, ScriptNode } from "./script_graph.ts";

/** The facts beside the graph. */
export interface ScriptFacts {
  readonly context: ImportContext;
  /** Names of nodes that only hold others. */
  readonly holds: ReadonlySet<string>;
  /** By topology. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** The topologies of a script; nodes that are the kernel's alone are left out. */
export function statesOf(graph: ScriptGraph, facts: ScriptFacts): readonly GraphState[] {
  const kept = [...graph.nodes].filter((node) => node.type !== null && !facts.holds.has(node.name ?? ""));
  const names = nameNodes(kept, facts);
  for (const [{ span }, name] of names) facts.context.places.set(name, span);
  reportHanging(kept, graph, facts);
  const topologies = new Set(kept.map(({ topology }) => topology));
  return [...topologies].map((name) => {
    const nodes = kept.filter(({ topology }) => topology === name);
    return {
      name,
      description: facts.descriptions.get(name) ?? null,
      nodes: nodes.map((node) => ({
        name: names.get(node) ?? "",
        type: node.typeName,
        hook: node.type?.hookDecides === true ? [...node.hooks.keys()][0] ?? null : null,
        restart: DEFAULT_RESTART,
        messages: node.messages,
      })),
      links: linksOf(nodes, names),
      templates: [],
    };
  });
}

/** A node of a topology has a name that can be in a path. */
function nameNodes(nodes: readonly ScriptNode[], { context }: ScriptFacts): ReadonlyMap<ScriptNode, string> {
  const names = new Map<ScriptNode, string>();
  const used = new Set(nodes.map(({ name }) => name));
  for (const node of nodes) {
    if (node.name !== null && isTopologyName(node.name)) {
      names.set(node, node.name);
      continue;
    }
    const stem = (node.name ?? node.typeName).replace(/[^\w-]|^x-/g, "_").slice(0, 27);
    let name = stem;
    for (let number = 1; used.has(name) || name === ""; number++) name = `${stem}${number}`;
    used.add(name);
    names.set(node, name);
    if (node.name !== null) {
      noteChange(context, node.span, `Node "${node.name}" is called "${name}", which paths can contain`);
    }
  }
  return names;
}

/** Names that begin with x- cannot be in a file, because such keys are ignored. */
function isTopologyName(name: string): boolean {
  if (name.startsWith("x-")) return false;
  try {
    parseTopologyNodeName(name);
    return true;
  } catch (error) {
    if (error instanceof AsciiError) return false;
    throw error;
  }
}

/** Nodes that are only linked to ngctl end with it there. */
function reportHanging(nodes: readonly ScriptNode[], { own }: ScriptGraph, { context }: ScriptFacts): void {
  for (const node of nodes) {
    const ends = [...node.hooks.values()];
    if (ends.length === 0 || ends.some((end) => end.node !== own)) continue;
    const called = node.name === null ? `A ${node.typeName}` : `Node "${node.name}"`;
    noteChange(
      context,
      node.span,
      `${called} has a hook to ngctl only: FreeBSD removes it when ngctl exits; sockgraph keeps it, without this hook`,
    );
  }
}

function linksOf(nodes: readonly ScriptNode[], names: ReadonlyMap<ScriptNode, string>): readonly LinkState[] {
  const links = nodes.flatMap((node) =>
    [...node.hooks].flatMap(([hook, peer]): LinkState[] => {
      const other = names.get(peer.node);
      if (other === undefined) return [];
      return [canonicalLink(endOf(node, names.get(node) ?? "", hook), endOf(peer.node, other, peer.hook))];
    })
  );
  // Each is found from both of its ends.
  const once = new Map(links.map((link) => [JSON.stringify(link), link]));
  return [...once.values()].sort(compareLinks);
}

/** Hooks that a type would have picked itself (`hub0`) were picked so. */
function endOf({ type }: ScriptNode, node: string, hook: string): End {
  const picked = type !== null && type.hooks.some(({ pattern }) => pattern === "<any>") &&
    new RegExp(`^${type.name}\\d+$`).test(hook);
  return { node, hook: picked ? null : hook };
}
