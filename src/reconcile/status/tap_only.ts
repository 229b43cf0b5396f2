/**
 * Nodes beside the path of all traffic: they receive copies from the taps of a `tee`, and no other node leads to them.
 * Their problems do not affect clients, so the topology is Degraded, and Ready.
 *
 * @module
 */

import type { Use } from "../../graph/core/command.ts";
import type { End, GraphState, NodeState } from "../../graph/data/state.ts";
import { allClaimsOf } from "../diff/claims.ts";
import { commandOf, tryParseArgument, type TypeTable } from "../diff/facts.ts";

/** A node: a declared one, or `session/upstream` for the copies of a template's node. */
interface Place {
  readonly key: string;
  readonly type: string;
}

/** The declared nodes that are reached only by taps, in parts of the topology without input from outside. */
export function tapOnlyNodes(types: TypeTable, desired: GraphState): ReadonlySet<string> {
  const parts = new Parts(types);
  const declared = new Map(desired.nodes.map((node) => [node.name, { key: node.name, type: node.type }]));
  for (const place of declared.values()) parts.add(place);
  const links = desired.links.map(({ ends }) => ends);
  parts.join(links, ({ node }) => declared.get(node));
  const entries = new Map<string, readonly [Place, string | null]>();
  for (const template of desired.templates) {
    const own = new Map(template.nodes.map(({ name, type }) => [name, { key: `${template.name}/${name}`, type }]));
    const find = ({ node }: End): Place | undefined => own.get(node) ?? declared.get(node);
    for (const place of own.values()) parts.add(place);
    parts.join(template.links.map(({ ends }) => ends), find);
    const entry = find(template.entry);
    if (entry !== undefined) entries.set(template.name, [entry, template.entry.hook]);
  }
  for (const node of desired.nodes) {
    const place = declared.get(node.name);
    if (place === undefined) continue;
    if (allClaimsOf(types, node).length > 0) parts.takesFromOutside(place);
    for (const use of usesOf(types, node)) {
      const end = use.kind === "template" ? entries.get(use.name) : endOf(use, declared);
      if (end?.[0] !== undefined) parts.link([place, null], [end[0], end[1]]);
    }
  }
  return new Set(desired.nodes.map(({ name }) => name).filter((name) => parts.isTapOnly(name)));
}

/** The target of a reference. A pool is not linked: its problems concern all nodes that connect through it. */
function endOf(
  use: Exclude<Use, { readonly kind: "template" }>,
  declared: ReadonlyMap<string, Place>,
): readonly [Place | undefined, string | null] {
  return use.kind === "pool" ? [declared.get(use.name), null] : [declared.get(use.end.node), use.end.hook];
}

function usesOf(types: TypeTable, node: NodeState) {
  return node.messages.flatMap((message) => {
    const command = commandOf(types, node.type, message.command);
    if (command?.uses === undefined) return [];
    const args = tryParseArgument(command, message);
    return args === undefined ? [] : command.uses(args);
  });
}

/** The parts that remain of a topology when its taps are removed. */
class Parts {
  readonly #types: TypeTable;
  /** The next node on the path to the one that represents the part. */
  readonly #parents = new Map<string, string>();
  readonly #taps: (readonly [from: string, to: string])[] = [];
  readonly #fromOutside: string[] = [];
  #kinds: { readonly tapped: ReadonlySet<string>; readonly others: ReadonlySet<string> } | null = null;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  add({ key }: Place): void {
    this.#parents.set(key, key);
  }

  join(links: readonly (readonly [End, End])[], find: (end: End) => Place | undefined): void {
    for (const [one, other] of links) {
      const [from, to] = [find(one), find(other)];
      if (from !== undefined && to !== undefined) this.link([from, one.hook], [to, other.hook]);
    }
  }

  link([one, oneHook]: readonly [Place, string | null], [other, otherHook]: readonly [Place, string | null]): void {
    if (this.#isTap(one, oneHook)) this.#taps.push([one.key, other.key]);
    else if (this.#isTap(other, otherHook)) this.#taps.push([other.key, one.key]);
    else this.#parents.set(this.#partOf(one.key), this.#partOf(other.key));
  }

  takesFromOutside({ key }: Place): void {
    this.#fromOutside.push(key);
  }

  isTapOnly(key: string): boolean {
    const part = this.#partOf(key);
    const { tapped, others } = this.#kinds ??= this.#sort();
    return tapped.has(part) && !others.has(part);
  }

  #sort() {
    const taps = this.#taps.map(([from, to]) => [this.#partOf(from), this.#partOf(to)] as const);
    const tapped = new Set(taps.filter(([from, to]) => from !== to).map(([, to]) => to));
    // Two parts that receive copies of each other: neither is beside the other.
    const ways = new Set(taps.map(([from, to]) => `${from} ${to}`));
    const mutual = taps.filter(([from, to]) => ways.has(`${to} ${from}`));
    const others = new Set([...this.#fromOutside.map((key) => this.#partOf(key)), ...mutual.flat()]);
    return { tapped, others };
  }

  #isTap({ type }: Place, hook: string | null): boolean {
    return hook !== null && this.#types.get(type)?.isTap?.(hook) === true;
  }

  #partOf(key: string): string {
    let part = key;
    for (let next = this.#parents.get(part); next !== undefined && next !== part; next = this.#parents.get(part)) {
      // Path halving: the next search is shorter.
      this.#parents.set(part, this.#parents.get(next) ?? next);
      part = next;
    }
    return part;
  }
}
