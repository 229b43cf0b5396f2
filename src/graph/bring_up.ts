/**
 * Copies of templates: resolved once, when somebody begins to use them, then made fast, one for every accepted
 * connection. A copy comes up as a topology does: nodes and links first, then the messages, in order, each waiting for
 * the reply of the one before. It costs no promise.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { deliver, prepare, type PreparedMessage } from "./dispatch.ts";
import type { Graph } from "./graph.ts";
import type { Answer } from "./message.ts";
import type { Node } from "./node.ts";
import { inTurn } from "./pending.ts";
import { fillReferences, hasReferences, type Reference, WITH } from "./reference.ts";
import type { End, LinkState, MessageState, NodeState, TemplateState } from "./state.ts";

/** A template whose parameters have values. */
export interface Blueprint {
  readonly template: TemplateState;
  /** The nodes, their messages with `${with.…}` filled in. */
  readonly nodes: readonly NodeState[];
  /** Messages that were parsed once, for all copies; null: it refers to a node, and is parsed for every copy. */
  readonly prepared: Map<MessageState, PreparedMessage | null>;
}

/**
 * Fills a template's parameters in.
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
  return { template, nodes, prepared: new Map() };
}

/**
 * Makes a copy and joins it to the clone.
 *
 * When it fails, what was made of it is there still: it belongs to the clone (`node.owned`), and whoever ends the clone
 * ends it.
 *
 * @param clone who owns the copy; its hook `hook` is joined to the template's entry
 */
export function copyTemplate(graph: Graph, blueprint: Blueprint, clone: { node: Node; hook: string }): Answer<null> {
  const making = { clone: clone.node, copy: new Map<string, Node>() };
  makeNodes(graph, blueprint, making);
  const entry = findEnd(graph, blueprint.template.entry, making);
  graph.connect(clone, { node: entry, hook: endHook(blueprint.nodes, blueprint.template.entry) });
  holdRest(graph, blueprint, making);
  return sendAll(graph, blueprint, making.copy);
}

interface Making {
  readonly clone: Node;
  readonly copy: Map<string, Node>;
}

function makeNodes(graph: Graph, blueprint: Blueprint, making: Making): void {
  const { scope } = making.clone.origin;
  for (const node of blueprint.nodes) {
    const template = `${blueprint.template.name}/${node.name}`;
    making.copy.set(node.name, graph.make(node.type, { scope, owner: making.clone, template }));
  }
  for (const { ends: [one, other] } of blueprint.template.links) {
    graph.connect(
      { node: findEnd(graph, one, making), hook: endHook(blueprint.nodes, one) },
      { node: findEnd(graph, other, making), hook: endHook(blueprint.nodes, other) },
    );
  }
}

/** Nodes whose hook decides what they are, and that nothing joined, are held by the scope's anchor. */
function holdRest(graph: Graph, blueprint: Blueprint, { clone, copy }: Making): void {
  for (const state of blueprint.nodes) {
    const node = copy.get(state.name);
    if (node === undefined || !node.type.hookDecides || node.hooks.size > 0 || state.hook === null) continue;
    const { anchor } = graph.scope(clone.origin.scope);
    graph.connect({ node: anchor, hook: node.path }, { node, hook: state.hook });
  }
}

/** A name that the template does not have is looked up in the topology: the copy joins a shared node. */
function findEnd(graph: Graph, end: End, { clone, copy }: Making): Node {
  return copy.get(end.node) ?? graph.scope(clone.origin.scope).node(end.node);
}

function endHook(nodes: readonly NodeState[], end: End): string | null {
  return end.hook ?? nodes.find((node) => node.name === end.node)?.hook ?? null;
}

/** Sends the messages of all nodes, one after the other, each when the one before was answered. */
function sendAll(graph: Graph, blueprint: Blueprint, copy: ReadonlyMap<string, Node>): Answer<null> {
  const sends = blueprint.nodes.flatMap((state) => {
    const node = copy.get(state.name);
    return node === undefined ? [] : state.messages.map((message) => ({ node, message }));
  });
  return inTurn(sends.map((send) => () => {
    if (!send.node.alive) return null;
    return deliver(graph, send.node, prepareOnce(graph, blueprint, send), { from: null, declared: true });
  }));
}

function prepareOnce(
  graph: Graph,
  blueprint: Blueprint,
  { node, message }: { readonly node: Node; readonly message: MessageState },
): PreparedMessage {
  const known = blueprint.prepared.get(message);
  if (known !== undefined && known !== null) return known;
  const prepared = prepare(graph, node, message);
  blueprint.prepared.set(message, hasReferences(message.argument) ? null : prepared);
  return prepared;
}

function fillMessage(message: MessageState, fill: (reference: Reference) => string | null): MessageState {
  const { argument } = message;
  if (argument === null) return message;
  // What `fill` does not know refers to a node; it stays, for every copy to resolve.
  return { ...message, argument: fillReferences(argument, fill) };
}

function refuse(code: "ENOENT" | "EINVAL", template: TemplateState, what: string): NetgraphError {
  return new NetgraphError(code, `Cannot use template "${template.name}": ${what}`);
}

/** The links of a template that reach a node of the topology, for those who ask what a template shares. */
export function sharedEnds(template: TemplateState): readonly End[] {
  const own = new Set(template.nodes.map((node) => node.name));
  const ends = template.links.flatMap((link: LinkState) => link.ends);
  return [template.entry, ...ends].filter((end) => !own.has(end.node));
}
