/**
 * Copies of templates: resolved once, on first use, then created quickly, one for every accepted connection. A copy
 * comes up as a topology does: nodes and links first, then the messages, in order, each after the reply of the previous
 * one, without promises.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { deliverUnread, type DispatchOptions, prepare, type PreparedMessage } from "./dispatch.ts";
import type { Graph } from "../core/graph.ts";
import type { Answer } from "../core/message.ts";
import type { Node } from "../core/node.ts";
import { inTurn, Pending } from "../core/pending.ts";
import { fillReferences, hasReferences, type Reference, WITH } from "../core/reference.ts";
import {
  type End,
  type MessageState,
  namedFirst,
  namesHooks,
  type NodeState,
  type TemplateState,
} from "../data/state.ts";

/** A template whose parameters have values. */
export interface Blueprint {
  readonly template: TemplateState;
  /** The nodes, their messages with `${with.…}` filled in. */
  readonly nodes: readonly NodeState[];
  /** The origin of each node: `session/upstream`. */
  readonly origins: readonly string[];
  readonly entry: BlueprintEnd;
  readonly links: readonly (readonly [BlueprintEnd, BlueprintEnd])[];
  /** Before which link the clone is joined: an entry with a named hook precedes links with automatic ones. */
  readonly entryAt: number;
  /** The messages of all nodes, in the order they are sent. */
  readonly sends: readonly BlueprintSend[];
  /** The same, once it is known which nodes are reached only by taps: the first copy shows it. */
  ways: Ways | null;
}

/** The messages by purpose; an error at a tap does not concern the connection. */
interface Ways {
  readonly path: readonly BlueprintSend[];
  /** Those of each node that is reached only by taps. */
  readonly taps: readonly (readonly BlueprintSend[])[];
}

/** An end of a link, found once for all copies. */
interface BlueprintEnd {
  /** The index of the blueprint's node; -1: a node of the topology. */
  readonly place: number;
  readonly name: string;
  readonly hook: string | null;
}

/** A message to one node of each copy. */
interface BlueprintSend {
  readonly place: number;
  readonly message: MessageState;
  /** Parsed once, for all copies; null before that, and if it refers to a node: then it is parsed for each copy. */
  prepared: PreparedMessage | null;
}

/**
 * Fills in a template's parameters.
 *
 * @throws NetgraphError ENOENT for a parameter that the template does not have, EINVAL for one that is missing
 */
export function makeBlueprint(template: TemplateState, values: Readonly<Record<string, string>>): Blueprint {
  const names = new Set(template.parameters.map((parameter) => parameter.name));
  for (const name of Object.keys(values)) {
    if (!names.has(name)) throw refuse("ENOENT", template, `it has no parameter "${name}"`);
  }
  const given = new Map(
    template.parameters.map(({ name, value }) => [name, Object.hasOwn(values, name) ? values[name] ?? value : value]),
  );
  const fill = (reference: Reference): string | null => {
    if (reference.node !== WITH) return null;
    const value = given.get(reference.query);
    if (value === undefined) throw refuse("ENOENT", template, `it has no parameter "${reference.query}"`);
    if (value === null) throw refuse("EINVAL", template, `parameter "${reference.query}" is missing`);
    return value;
  };
  const nodes = template.nodes.map((node) => ({
    ...node,
    messages: node.messages.map((message) => fillMessage(message, fill)),
  }));
  const findEnd = ({ node: name, hook }: End): BlueprintEnd => {
    const place = nodes.findIndex((node) => node.name === name);
    return { place, name, hook: hook ?? nodes[place]?.hook ?? null };
  };
  const links = namedFirst(template.links);
  return {
    template,
    nodes,
    origins: nodes.map(({ name }) => `${template.name}/${name}`),
    entry: findEnd(template.entry),
    entryAt: template.entry.hook === null ? links.length : links.filter(namesHooks).length,
    links: links.map(({ ends: [one, other] }) => [findEnd(one), findEnd(other)]),
    sends: nodes.flatMap(({ messages }, place) => messages.map((message) => ({ place, message, prepared: null }))),
    ways: null,
  };
}

/**
 * Creates a copy and joins it to the clone.
 *
 * If it fails, the nodes created so far still exist: they belong to the clone (`node.owned`), and end with it.
 *
 * @param clone the owner of the copy; its hook `hook` is joined to the template's entry
 */
export function copyTemplate(
  graph: Graph,
  blueprint: Blueprint,
  clone: { node: Node; hook: string },
): Answer<unknown> {
  const { scope } = clone.node.origin;
  const copy = makeNodes(graph, blueprint, clone.node);
  const join = (end: BlueprintEnd): { node: Node; hook: string | null } => {
    // A name that the template does not have is looked up in the topology: the copy is joined to a shared node.
    return { node: copy[end.place] ?? graph.scope(scope).node(end.name), hook: end.hook };
  };
  const { links, entry, entryAt } = blueprint;
  for (let at = 0; at <= links.length; at++) {
    if (at === entryAt) graph.connect(clone, join(entry));
    const link = links[at];
    if (link !== undefined) graph.connect(join(link[0]), join(link[1]));
  }
  holdRest(graph, blueprint, copy);
  return sendAll(graph, blueprint, copy);
}

function makeNodes(graph: Graph, { nodes, origins }: Blueprint, owner: Node): readonly Node[] {
  const { scope } = owner.origin;
  return nodes.map(({ type }, place) => graph.make(type, { scope, owner, template: origins[place] ?? null }));
}

/** Nodes with an identity hook that no link joins, are held by the scope's anchor. */
function holdRest(graph: Graph, { nodes }: Blueprint, copy: readonly Node[]): void {
  copy.forEach((node, place) => {
    const hook = nodes[place]?.hook ?? null;
    if (!node.type.hookDecides || node.hooks.size > 0 || hook === null) return;
    const { anchor } = graph.scope(node.origin.scope);
    graph.connect({ node: anchor, hook: node.path }, { node, hook });
  });
}

/** Sends the messages of all nodes, one after the other, each after the previous answer; those of taps in parallel. */
function sendAll(graph: Graph, blueprint: Blueprint, copy: readonly Node[]): Answer<unknown> {
  const { path, taps } = blueprint.ways ??= findWays(blueprint, copy);
  for (const sends of taps) sendApart(graph, sends, copy);
  return sendInTurn(graph, path, copy);
}

/** A tap's failure never ends the path, and the path does not wait for it: its node reports its health. */
function sendApart(graph: Graph, sends: readonly BlueprintSend[], copy: readonly Node[]): void {
  try {
    const answer = sendInTurn(graph, sends, copy);
    if (answer instanceof Pending) {
      answer.whenSettled((outcome) => {
        if (!outcome.ok && !(outcome.error instanceof NetgraphError)) throw outcome.error;
      });
    }
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
  }
}

/** Sends the messages of nodes that are reached only by taps. If messages refer to nodes, their order matters. */
function findWays({ sends, links, entry }: Blueprint, copy: readonly Node[]): Ways {
  const isTap = ({ place, hook }: BlueprintEnd): boolean => hook !== null && copy[place]?.type.isTap(hook) === true;
  const reached = new Set([entry.place]);
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    for (const [one, other] of links) {
      if (isTap(one) || isTap(other) || one.place < 0 || other.place < 0) continue;
      if (reached.has(one.place)) reached.add(other.place);
      else if (reached.has(other.place)) reached.add(one.place);
    }
  }
  const isJoined = (place: number): boolean => links.some((ends) => ends.some((end) => end.place === place));
  const ordered = sends.some(({ message: { argument } }) => argument !== null && hasReferences(argument));
  const onTap = ({ place }: BlueprintSend): boolean => !ordered && !reached.has(place) && isJoined(place);
  const places = new Set(sends.filter(onTap).map(({ place }) => place));
  return {
    path: sends.filter((send) => !onTap(send)),
    taps: [...places].map((place) => sends.filter((send) => send.place === place)),
  };
}

function sendInTurn(graph: Graph, sends: readonly BlueprintSend[], copy: readonly Node[]): Answer<unknown> {
  return inTurn(sends, (send) => {
    const node = copy[send.place];
    return node?.alive ? deliverUnread(graph, node, prepareOnce(graph, node, send), BY_TOPOLOGY) : null;
  });
}

const BY_TOPOLOGY: DispatchOptions = { from: null, declared: true };

function prepareOnce(graph: Graph, node: Node, send: BlueprintSend): PreparedMessage {
  if (send.prepared !== null) return send.prepared;
  const prepared = prepare(graph, node, send.message);
  if (!hasReferences(send.message.argument)) send.prepared = prepared;
  return prepared;
}

function fillMessage(message: MessageState, fill: (reference: Reference) => string | null): MessageState {
  const { argument } = message;
  if (argument === null) return message;
  // References that `fill` does not know refer to a node; they stay, and every copy resolves them.
  return { ...message, argument: fillReferences(argument, fill) };
}

function refuse(code: "ENOENT" | "EINVAL", template: TemplateState, what: string): NetgraphError {
  return new NetgraphError(code, `Cannot use template "${template.name}": ${what}`);
}

/** The links of a template that reach a node of the topology, to find the nodes that a template shares. */
export function sharedEnds(template: TemplateState): readonly End[] {
  const own = new Set(template.nodes.map((node) => node.name));
  const ends = template.links.flatMap((link) => link.ends);
  return [template.entry, ...ends].filter((end) => !own.has(end.node));
}
