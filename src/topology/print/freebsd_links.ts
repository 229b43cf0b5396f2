/**
 * The lines of ngctl that create nodes and link them, each from an existing one.
 *
 * @module
 */

import type { NodeType } from "../../graph/core/node_type.ts";
import type { GraphState, LinkState, NodeState } from "../../graph/data/state.ts";
import type { FreebsdNames } from "./freebsd_names.ts";

/** The nodes and links to create. */
export interface FreebsdJoinOptions {
  readonly state: GraphState;
  /** The nodes that exist on FreeBSD. */
  readonly nodes: readonly NodeState[];
  readonly types: ReadonlyMap<string, NodeType>;
  readonly names: FreebsdNames;
}

/** The lines that create `nodes` and their links, and the nodes that they create. */
export function joinFreebsdNodes(
  options: FreebsdJoinOptions,
): { readonly lines: readonly string[]; readonly made: ReadonlySet<NodeState> } {
  const joiner = new Joiner(options);
  return { lines: joiner.lines(), made: joiner.made };
}

/** One end of a link, its hook by name. */
interface NamedEnd {
  readonly node: NodeState;
  readonly hook: string;
}

interface NamedLink {
  readonly ends: readonly [NamedEnd, NamedEnd];
  done: boolean;
}

/** A link, relative to one of its nodes. */
interface SeenLink {
  readonly link: NamedLink;
  readonly own: NamedEnd;
  readonly other: NamedEnd;
}

class Joiner {
  readonly #options: FreebsdJoinOptions;
  readonly #links: readonly NamedLink[];
  readonly made = new Set<NodeState>();
  readonly #lines: string[] = [];
  /** The hooks to remove at the end. */
  readonly #last: string[] = [];
  #hold: string | null = null;
  #scaffolds = 0;

  constructor(options: FreebsdJoinOptions) {
    this.#options = options;
    this.#links = this.#nameHooks(options.state.links);
  }

  lines(): readonly string[] {
    for (const node of this.#options.nodes) {
      if (this.made.has(node)) continue;
      const group = this.#group(node);
      this.#begin(group);
      this.#grow(group);
    }
    return [...this.#lines, ...this.#last];
  }

  /** Links between existing nodes; automatic hooks are chosen now. */
  #nameHooks(links: readonly LinkState[]): readonly NamedLink[] {
    const nodes = new Map(this.#options.nodes.map((node) => [node.name, node]));
    const taken = new Map<string, Set<string>>();
    const taking = (name: string) => taken.get(name) ?? taken.set(name, new Set()).get(name) ?? new Set();
    for (const { ends } of links) for (const { node, hook } of ends) if (hook !== null) taking(node).add(hook);
    return links.flatMap(({ ends }) => {
      const named = ends.flatMap(({ node: name, hook }) => {
        const node = nodes.get(name);
        const type = node === undefined ? undefined : this.#options.types.get(node.type);
        if (node === undefined || type === undefined) return [];
        const found = hook ?? type.automaticHook(taking(name)) ?? "hook";
        taking(name).add(found);
        return [{ node, hook: type.kernel?.hook(found) ?? found }];
      });
      const [one, other] = named;
      if (one !== undefined && other !== undefined) return [{ ends: [one, other], done: false }];
      if (one !== undefined) {
        this.#lines.push(`# sockgraph: no counterpart: link at ${one.node.name}:${one.hook}`);
      }
      return [];
    });
  }

  /** A node and all nodes that are linked to it. */
  #group(first: NodeState): readonly NodeState[] {
    const group = [first];
    for (const node of group) {
      for (const { other } of this.#ends(node)) if (!group.includes(other.node)) group.push(other.node);
    }
    return group;
  }

  #ends(node: NodeState): readonly SeenLink[] {
    return this.#links.flatMap((link) => {
      const [one, other] = link.ends;
      if (one.node === node) return [{ link, own: one, other }];
      return other.node === node ? [{ link, own: other, other: one }] : [];
    });
  }

  /** Creates the first node of a group. */
  #begin(group: readonly NodeState[]): void {
    const [first] = group;
    if (first === undefined) return;
    if (this.#ends(first).length === 0) return this.#beginAlone(first);
    for (const node of group) {
      const spare = this.#spareHook(node);
      if (spare === null) continue;
      const hook = `tmp${this.#scaffolds++}`;
      this.#make(".", { node, hook: spare }, hook);
      this.#last.push(`rmhook ${hook}`);
      return;
    }
    const passing = group.find((node) => this.#ends(node).length > 1);
    if (passing === undefined) this.#beginPair(first);
    else this.#beginPassing(passing);
  }

  /** Unlinked nodes are linked to a hole, which sends nothing. */
  #beginAlone(node: NodeState): void {
    const type = this.#options.types.get(node.type);
    const hook = node.hook === null ? type?.automaticHook(new Set()) ?? null : type?.kernel?.hook(node.hook) ?? null;
    if (hook === null) {
      const why = "a node lives by its hooks there";
      this.#lines.push(`# sockgraph: no counterpart: node ${node.name} without links (${why})`);
      return;
    }
    if (this.#hold === null) {
      this.#hold = this.#options.names.fresh(`${this.#options.state.name}_hold`);
      const tmp = `tmp${this.#scaffolds++}`;
      this.#lines.push(
        `# sockgraph: ${this.#hold} has a hook to each node that would have none otherwise, because netgraph removes a node with its last hook`,
        `mkpeer . hole ${tmp} ${tmp}`,
        `name ${tmp} ${this.#hold}`,
      );
      this.#last.push(`rmhook ${tmp}`);
    }
    this.#make(`${this.#hold}:`, { node, hook }, this.#name(node));
  }

  /** A node whose hooks are all used: one is temporarily used by ngctl until the node has another. */
  #beginPassing(node: NodeState): void {
    const [lent, kept] = this.#ends(node);
    if (lent === undefined || kept === undefined) return;
    const hook = `tmp${this.#scaffolds++}`;
    this.#make(".", lent.own, hook);
    this.#peer(kept);
    this.#lines.push(`rmhook ${hook}`);
  }

  /** Two sockets: a tee that is shut down links its peers. */
  #beginPair(node: NodeState): void {
    const [end] = this.#ends(node);
    if (end === undefined) return;
    const tmp = `tmp${this.#scaffolds++}`;
    this.#lines.push(`mkpeer . tee ${tmp} left2right`);
    this.#make(tmp, end.own, "left");
    this.#make(tmp, end.other, "right");
    this.#lines.push(`shutdown ${tmp}`);
    end.link.done = true;
  }

  /** Creates and links the rest of a group. */
  #grow(group: readonly NodeState[]): void {
    for (let grown = true; grown;) {
      grown = false;
      for (const node of group.filter((one) => this.made.has(one))) {
        for (const end of this.#ends(node)) {
          if (end.link.done) continue;
          this.#peer(end);
          grown = true;
        }
      }
    }
  }

  /** Links the other end; creates its node if it does not exist. */
  #peer({ link, own, other }: SeenLink): void {
    link.done = true;
    const from = `${this.#name(own.node)}:`;
    if (!this.made.has(other.node)) return this.#make(from, other, own.hook);
    this.#lines.push(`connect ${from} ${this.#name(other.node)}: ${own.hook} ${other.hook}`);
  }

  #make(from: string, { node, hook }: NamedEnd, ours: string): void {
    const path = from === "." ? ours : from.endsWith(":") ? `${from}${ours}` : `${from}.${ours}`;
    this.made.add(node);
    this.#lines.push(`mkpeer ${from} ${node.type} ${ours} ${hook}`, `name ${path} ${this.#name(node)}`);
  }

  /** A hook of a node that no link uses. */
  #spareHook(node: NodeState): string | null {
    const type = this.#options.types.get(node.type);
    if (type === undefined || node.hook !== null) return null;
    const hooks = this.#ends(node).map(({ own }) => own.hook);
    const taken = new Set(hooks);
    const spare = type.kernel?.spare(hooks) ?? null;
    if (spare !== null) return firstNot(taken, spare);
    const plain = type.hooks.map(({ pattern }) => pattern).filter((name) => /^\w+$/.test(name));
    return plain.find((name) => !taken.has(name)) ?? type.automaticHook(taken);
  }

  #name(node: NodeState): string {
    return this.#options.names.of(this.#options.state.name, node.name);
  }
}

function firstNot(taken: ReadonlySet<string>, nameOf: (number: number) => string): string {
  for (let number = 0;; number++) {
    const name = nameOf(number);
    if (!taken.has(name)) return name;
  }
}
