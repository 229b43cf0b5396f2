/**
 * A scope: the nodes of one topology, by name. Nodes made by hand live in the scope without a name.
 *
 * @module
 */

import type { Work } from "../pace.ts";
import { NetgraphError } from "../errors.ts";
import type { Node } from "./node.ts";
import type { Share } from "./share.ts";
import type { NodeSnapshot, ScopeSnapshot, SnapshotOptions } from "./snapshot.ts";
import { canonicalLink, compareLinks, type End, type LinkState, type TemplateState } from "./state.ts";
import { ScopeTimings } from "./timings.ts";
import { UnnamedSum } from "./unnamed.ts";

/** Names and templates of one topology. */
export class Scope {
  /** The topology's name; empty for the scope of nodes made by hand. */
  readonly name: string;
  /** Its nodes by name. */
  readonly names: Map<string, Node> = new Map();
  /** Its templates by name. */
  readonly templates: Map<string, TemplateState> = new Map();
  /** Its nodes that other graphs have too. */
  readonly shares: WeakMap<Node, Share> = new WeakMap();
  /** How long things took at its nodes. */
  readonly timings: ScopeTimings = new ScopeTimings();
  /** How often it was changed by a plan. */
  generation = 0;
  /** What it is for. */
  description: string | null = null;
  #anchor: Node | null = null;

  /** Only {@linkcode Graph} opens scopes. */
  constructor(name: string) {
    this.name = name;
  }

  /** The node that stands for the scope itself: `web/:`. */
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

  /** The scope as it runs; `nodes` are all that belong to it, clones and copies too. */
  *snapshot(nodes: readonly Node[], now: number, { each = false }: SnapshotOptions = {}): Work<ScopeSnapshot> {
    const { name, description, generation } = this;
    const told: NodeSnapshot[] = [];
    const unnamed = new UnnamedSum();
    for (const node of nodes) {
      // Others may have had a turn since they were listed.
      if (node === this.#anchor || !node.alive) continue;
      const owned = node.origin.owner !== null;
      if (owned) unnamed.add(node);
      if (!owned || each) told.push(node.snapshot(now));
      yield;
    }
    const links = yield* this.#links();
    const timings = this.timings.snapshot(this.names, now);
    return {
      name,
      description,
      generation,
      templates: [...this.templates.values()],
      nodes: told,
      unnamed: unnamed.snapshot(),
      links,
      timings,
    };
  }

  *#links(): Work<readonly LinkState[]> {
    const links: LinkState[] = [];
    for (const node of [...this.names.values()]) {
      yield;
      for (const hook of node.hooks.values()) {
        const { peer } = hook;
        if (peer === null || !this.#owns(peer.node)) continue;
        const link = canonicalLink(declaredEnd(node, hook), declaredEnd(peer.node, peer));
        // Each link is met from both of its ends; it counts from the smaller one.
        if (link.ends[0].node === node.name && isFirst(link, node, hook.name)) links.push(link);
      }
    }
    return links.sort(compareLinks);
  }

  #owns(node: Node): boolean {
    return node.name !== null && this.names.get(node.name) === node;
  }
}

function declaredEnd(node: Node, hook: { readonly name: string; readonly automatic: boolean }): End {
  return { node: node.name ?? "", hook: hook.automatic ? null : hook.name };
}

/** Tells the two visits of a link between two hooks of one node apart. */
function isFirst(link: LinkState, node: Node, hookName: string): boolean {
  const [first, second] = link.ends;
  if (first.node !== second.node) return true;
  const peer = node.hooks.get(hookName)?.peer;
  return peer === null || peer === undefined || hookName <= peer.name;
}
