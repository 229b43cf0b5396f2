/**
 * A scope: the nodes of one topology, by name. Nodes created manually belong to the scope without a name.
 *
 * @module
 */

import { CompactingSet } from "../../compacting_map.ts";
import { NetgraphError } from "../../errors.ts";
import type { Node } from "./node.ts";
import type { Share } from "../data/share.ts";
import type { TemplateState } from "../data/state.ts";

/** Names and templates of one topology. */
export class Scope {
  /** The topology's name; empty for the scope of nodes created manually. */
  readonly name: string;
  /** Its nodes, in the order in which they were added: there may be a thousand scopes, each read separately. */
  readonly nodes: Iterable<Node> & { add(node: Node): void; delete(node: Node): boolean } = new CompactingSet<Node>();
  /** Its nodes by name. */
  readonly names: Map<string, Node> = new Map();
  /** Its templates by name. */
  readonly templates: Map<string, TemplateState> = new Map();
  /** Its nodes that other graphs have too. */
  readonly shares: WeakMap<Node, Share> = new WeakMap();
  /** Its nodes that have dropped something. */
  readonly dropping: Set<Node> = new Set();
  /** How often it was changed by a plan. */
  generation = 0;
  /** Its description. */
  description: string | null = null;
  #anchor: Node | null = null;

  /** Only {@linkcode Graph} opens scopes. */
  constructor(name: string) {
    this.name = name;
  }

  /** The node that represents the scope itself: `web/:`. */
  get anchor(): Node {
    if (this.#anchor === null) throw new RangeError(`Cannot use scope "${this.name}" before it has its anchor`);
    return this.#anchor;
  }

  set anchor(node: Node) {
    this.#anchor = node;
  }

  /**
   * The node of that name.
   *
   * @throws NetgraphError ENOENT
   */
  node(name: string): Node {
    const node = this.names.get(name);
    if (node !== undefined) return node;
    const where = this.name === "" ? "" : ` in topology "${this.name}"`;
    throw new NetgraphError("ENOENT", `Cannot find node "${name}"${where}`, { subject: { node: name } });
  }

  /** Names one of its nodes, or renames it at its place, so that the order of listings does not change. */
  rename(node: Node, name: string): void {
    const from = node.name;
    node.name = name;
    if (from === null) return void this.names.set(name, node);
    const entries = [...this.names];
    this.names.clear();
    for (const [key, one] of entries) this.names.set(key === from ? name : key, one);
  }
}
