/**
 * The graph that a script of ngctl would build, without building it: nodes, hooks and messages, as netgraph keeps them.
 *
 * @module
 */

import { withArticle } from "../../../graph/data/name.ts";
import { NetgraphError } from "../../../errors.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import { parsePath } from "../../../graph/message/path.ts";
import type { MessageState } from "../../../graph/data/state.ts";
import type { Span } from "../../../topology/parse/source.ts";

/** A node that the script makes, or ngctl's own. */
export interface ScriptNode {
  /** Null for a type that is the kernel's alone, and for ngctl's own node. */
  readonly type: NodeType | null;
  readonly typeName: string;
  readonly topology: string;
  /** The place of its creation. */
  readonly span: Span;
  name: string | null;
  readonly hooks: Map<string, ScriptEnd>;
  readonly messages: MessageState[];
  persistent: boolean;
}

/** The other end of a hook. */
export interface ScriptEnd {
  readonly node: ScriptNode;
  readonly hook: string;
}

/** Nodes that end as a passage between two of their hooks do join these. */
const PASSAGES: Readonly<Record<string, readonly [string, string]>> = {
  tee: ["left", "right"],
  pipe: ["upper", "lower"],
};

/** Names that the kernel assigns: those of interfaces (`em0`, `vlan0.5`), and of the firewall. */
const SYSTEM = /^(?:[a-z][a-z_]*[0-9]+(?:[._][0-9]+)*|ipfw|dummynet|ctrl)$/;

/** Nodes and hooks. Everything here throws NetgraphError for what netgraph would refuse. */
export class ScriptGraph {
  /** ngctl's own node. */
  readonly own: ScriptNode = newNode(null, { typeName: "socket", topology: "", span: { start: 0, end: 0 } });
  readonly nodes = new Set<ScriptNode>();
  /** Nodes of the system that no line makes, by name: they are left out with their links. */
  readonly outside = new Map<string, ScriptNode>();

  /** The node at a path. */
  resolve(text: string, from: ScriptNode): ScriptNode {
    const { scope, node, hooks } = parsePath(text);
    if (scope !== null || node?.kind === "anchor") {
      throw new NetgraphError("ENOENT", `Cannot find "${text}": FreeBSD has no topologies`);
    }
    if (node?.kind === "id") {
      throw new NetgraphError("EINVAL", `Cannot follow "${text}": numbers of nodes are known only while they run`);
    }
    let here = node?.kind === "name" ? this.#named(node.name) : from;
    for (const hook of hooks) {
      const end = here.hooks.get(hook);
      if (end === undefined && here.type === null && here !== this.own) {
        return this.#outside(`${here.typeName}:${hook}`);
      }
      if (end === undefined) throw new NetgraphError("ENOENT", `Cannot follow hook "${hook}": no line creates it`);
      here = end.node;
    }
    return here;
  }

  /** Makes a node and joins it to another one. */
  make(at: ScriptEnd, made: ScriptNode, hook: string): void {
    this.nodes.add(made);
    try {
      this.join(at, { node: made, hook });
    } catch (error) {
      this.nodes.delete(made);
      throw error;
    }
  }

  /** Joins two hooks. */
  join(one: ScriptEnd, other: ScriptEnd): void {
    const [a, b] = [hookOf(one), hookOf(other)];
    for (const { node, hook } of [a, b]) {
      if (node.type?.hookDecides === true && node.hooks.size > 0) {
        throw new NetgraphError("EISCONN", `Cannot join hook "${hook}": ${withArticle(node.typeName)} has one hook`);
      }
      if (node.hooks.has(hook)) throw new NetgraphError("EEXIST", `Cannot join hook "${hook}": it is in use`);
    }
    a.node.hooks.set(a.hook, b);
    b.node.hooks.set(b.hook, a);
  }

  /** Names a node. */
  rename(node: ScriptNode, name: string): void {
    if ([...this.nodes].some((one) => one.name === name)) {
      throw new NetgraphError("EADDRINUSE", `Cannot name a node "${name}": the name is in use`);
    }
    node.name = name;
  }

  /** Removes a hook, and nodes that have no other. */
  remove(node: ScriptNode, hook: string): void {
    const peer = node.hooks.get(hook);
    if (peer === undefined) return;
    node.hooks.delete(hook);
    peer.node.hooks.delete(peer.hook);
    for (const one of [node, peer.node]) {
      if (one !== this.own && one.hooks.size === 0 && !one.persistent) this.nodes.delete(one);
    }
  }

  /** Ends a node; one that is a passage connects its peers. */
  shutdown(node: ScriptNode): void {
    const [left, right] = (PASSAGES[node.typeName] ?? []).map((hook) => node.hooks.get(hook));
    this.nodes.delete(node);
    if (left !== undefined && right !== undefined) {
      left.node.hooks.set(left.hook, right);
      right.node.hooks.set(right.hook, left);
      for (const hook of PASSAGES[node.typeName] ?? []) node.hooks.delete(hook);
    }
    for (const hook of [...node.hooks.keys()]) this.remove(node, hook);
  }

  #outside(name: string): ScriptNode {
    const node = newNode(null, { typeName: name, topology: "", span: { start: 0, end: 0 } });
    this.outside.set(name, node);
    return node;
  }

  #named(name: string): ScriptNode {
    for (const node of this.nodes) if (node.name === name) return node;
    if (SYSTEM.test(name)) return this.outside.get(name) ?? this.#outside(name);
    throw new NetgraphError("ENOENT", `Cannot find node "${name}": no line creates it`);
  }
}

/** A node without hooks. */
export function newNode(
  type: NodeType | null,
  facts: Pick<ScriptNode, "typeName" | "topology" | "span">,
): ScriptNode {
  return { type, ...facts, name: null, hooks: new Map(), messages: [], persistent: false };
}

/** An end with its hook's canonical name. */
function hookOf({ node, hook }: ScriptEnd): ScriptEnd {
  return { node, hook: node.type?.parseHook(hook) ?? hook };
}
