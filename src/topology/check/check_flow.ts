/**
 * Links that work, but probably not as intended: a cycle of nodes that copy, and a stream joined to datagrams.
 *
 * @module
 */

import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { ResolvedEnd, ResolvedGraph, ResolvedLink, ResolvedNode } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";

/** Checks the links of a graph. */
export function checkFlow(graph: ResolvedGraph, collector: DiagnosticCollector): void {
  checkCopies(graph, collector);
  checkKinds(graph, collector);
}

/** A link that closes a cycle of fan-out nodes: circulating items are copied again each time. */
function checkCopies(graph: ResolvedGraph, collector: DiagnosticCollector): void {
  const groups = new Groups();
  const peers = new Map<string, string[]>();
  for (const { ends, declaration } of graph.links) {
    const [{ node: one }, { node: other }] = ends;
    if (one.type?.fansOut !== true || other.type?.fansOut !== true || ends.some(onlyGives)) continue;
    if (groups.join(one.name, other.name)) {
      peers.set(one.name, [...peers.get(one.name) ?? [], other.name]);
      peers.set(other.name, [...peers.get(other.name) ?? [], one.name]);
      continue;
    }
    const circle = [...pathBetween(peers, other.name, one.name), other.name];
    collector.warning("fan-out-cycle", {
      message: `Nodes that copy items form a cycle: ${circle.join(" → ")}`,
      span: declaration.span,
      hint: "an item that circulates is dropped as a loop after 1,024 times",
    });
  }
}

/** True for a hook whose received items are not passed on. */
function onlyGives({ node: { type, messages }, hook }: ResolvedEnd): boolean {
  return hook !== null && type?.onlyGives?.(hook, messages.map(({ checked }) => checked)) === true;
}

/**
 * A stream and a datagram hook that are joined, directly or by nodes that pass it on: message boundaries are lost or
 * arbitrary.
 */
function checkKinds(graph: ResolvedGraph, collector: DiagnosticCollector): void {
  const groups = new Groups();
  for (const { ends: [one, other] } of graph.links) groups.join(placeOf(one), placeOf(other));
  const streams = new Map<string, ResolvedEnd>();
  const datagrams = new Map<string, { end: ResolvedEnd; span: Span }>();
  for (const link of graph.links) noteKinds(link, { groups, streams, datagrams });
  for (const [group, { end, span }] of datagrams) {
    const stream = streams.get(group);
    if (stream === undefined) continue;
    collector.warning("mixed-flow", {
      message: `Stream of node "${stream.node.name}" is joined to datagrams of node "${end.node.name}"`,
      span,
      hint: "a stream has no boundaries: one datagram may go on as several pieces, or several as one",
    });
  }
}

interface Kinds {
  readonly groups: Groups;
  readonly streams: Map<string, ResolvedEnd>;
  readonly datagrams: Map<string, { end: ResolvedEnd; span: Span }>;
}

function noteKinds(link: ResolvedLink, { groups, streams, datagrams }: Kinds): void {
  const span = link.declaration.span;
  for (const end of link.ends) {
    const flow = end.node.type?.flow(end.hook ?? "");
    const group = groups.find(placeOf(end));
    if (flow === "stream" && !streams.has(group)) streams.set(group, end);
    if (flow === "datagram" && !datagrams.has(group)) datagrams.set(group, { end, span });
  }
}

/** The nodes that a stream passes: a node that removes pieces of it damages it. */
export function findStreamNodes(graph: ResolvedGraph): ReadonlySet<ResolvedNode> {
  const groups = new Groups();
  for (const { ends: [one, other] } of graph.links) groups.join(placeOf(one), placeOf(other));
  const shared = sharedByStreams(graph);
  const ends = graph.links.flatMap((link) => link.ends);
  const streams = new Set([
    ...ends.filter(({ node, hook }) => node.type?.flow(hook ?? "") === "stream").map((end) =>
      groups.find(placeOf(end))
    ),
    ...[...shared].map((name) => groups.find(name)),
  ]);
  const reached = ends.filter((end) => streams.has(groups.find(placeOf(end)))).map(({ node }) => node);
  return new Set([...reached, ...[...graph.nodes.values()].filter(({ name }) => shared.has(name))]);
}

/** The nodes that accepted connections are joined to. */
function sharedByStreams(graph: ResolvedGraph): ReadonlySet<string> {
  const users = [...graph.nodes.values()].filter(({ type, hook }) => hook !== null && type?.flow(hook) === "stream");
  return new Set(users.flatMap(({ messages }) =>
    messages.flatMap(({ command, checked }) => {
      const uses = checked.args === undefined ? [] : command?.uses?.(checked.args) ?? [];
      return uses.flatMap((use) => use.kind === "node" ? [use.end.node] : []);
    })
  ));
}

/** The hooks that an item reaches directly: all hooks of a node that passes it on, otherwise only the hook. */
function placeOf({ node, hook, declaration }: ResolvedEnd): string {
  if (node.type?.fansOut === true || node.type?.passes === true) return node.name;
  return `${node.name}:${hook ?? declaration.span.start}`;
}

function pathBetween(peers: ReadonlyMap<string, readonly string[]>, from: string, to: string): readonly string[] {
  const paths = new Map([[from, [from]]]);
  for (const [name, path] of paths) {
    if (name === to) return path;
    // A map's iteration also visits elements that are added meanwhile.
    for (const next of peers.get(name) ?? []) if (!paths.has(next)) paths.set(next, [...path, next]);
  }
  return [from, to];
}

/** Groups of names. */
class Groups {
  readonly #parents = new Map<string, string>();

  /** The name that represents the group of `name`. */
  find(name: string): string {
    let root = name;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    // Shortened, so that a long chain is followed only once.
    for (let at = name; at !== root;) {
      const parent = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = parent;
    }
    return root;
  }

  /** Merges two groups; false if they were already one. */
  join(one: string, other: string): boolean {
    const [a, b] = [this.find(one), this.find(other)];
    if (a === b) return false;
    this.#parents.set(a, b);
    return true;
  }
}
