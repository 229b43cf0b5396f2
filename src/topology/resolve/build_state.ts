/**
 * Resolved topology → GraphState, and the place of each part in the file.
 *
 * @module
 */

import {
  canonicalLink,
  compareLinks,
  type End,
  type GraphState,
  type LinkState,
  type NodeState,
  type TemplateState,
} from "../../graph/data/state.ts";
import type { ResolvedEnd, ResolvedGraph, ResolvedLink, ResolvedNode, ResolvedTopology } from "./resolved.ts";
import type { Span } from "../parse/source.ts";

/** The places of a node and its messages. */
export interface NodeOrigin {
  /** The place of the node. */
  readonly span: Span;
  /** By the message's index in the state. */
  readonly messages: readonly Span[];
}

/** The places of the parts of a state in its file, so that a failed step can refer to its line. */
export interface Origins {
  /** Nodes by name. */
  readonly nodes: ReadonlyMap<string, NodeOrigin>;
  /** Templates by name, and their nodes by name. */
  readonly templates: ReadonlyMap<string, ReadonlyMap<string, NodeOrigin>>;
  /** By the link's index in the state. */
  readonly links: readonly Span[];
}

/** The state of a topology without errors. */
export function buildState(
  topology: ResolvedTopology,
  { name, description }: { name: string; description: string | null },
): { state: GraphState; origins: Origins } {
  const { graph, templates } = topology;
  const links = placedLinks(graph.links);
  const state = {
    name,
    description,
    nodes: nodesOf(graph),
    links: links.map(({ link }) => link),
    templates: [...templates.values()].flatMap((template) => templateOf(template) ?? []),
  };
  const origins = {
    nodes: originsOf(graph),
    templates: new Map([...templates].map(([key, template]) => [key, originsOf(template)])),
    links: links.map(({ span }) => span),
  };
  return { state, origins };
}

function nodesOf(graph: ResolvedGraph): readonly NodeState[] {
  return [...graph.nodes.values()].map((node) => ({
    name: node.name,
    type: node.type?.name ?? "",
    hook: node.hook,
    restart: node.declaration.restart,
    messages: node.messages.map((message) => message.state),
    ...(node.declaration.depends.length === 0 ? {} : { depends: node.declaration.depends.map(({ text }) => text) }),
    ...(node.declaration.group === null ? {} : { group: node.declaration.group }),
  }));
}

function templateOf(graph: ResolvedGraph): TemplateState | null {
  const { template, entry } = graph;
  if (template === null || entry === null) return null;
  return {
    name: template.name.text,
    parameters: template.parameters.map((parameter) => ({ name: parameter.name.text, value: parameter.value })),
    entry: endOf(entry),
    nodes: nodesOf(graph),
    links: placedLinks(graph.links).map(({ link }) => link),
  };
}

function placedLinks(links: readonly ResolvedLink[]): readonly { link: LinkState; span: Span }[] {
  return links.map(({ ends: [one, other], declaration: { span } }) => {
    return { link: canonicalLink(endOf(one), endOf(other)), span };
  }).sort((a, b) => compareLinks(a.link, b.link));
}

function endOf(end: ResolvedEnd): End {
  return { node: end.node.name, hook: end.hook };
}

function originsOf(graph: ResolvedGraph): ReadonlyMap<string, NodeOrigin> {
  return new Map([...graph.nodes.values()].map((node) => [node.name, originOf(node)]));
}

function originOf({ declaration }: ResolvedNode): NodeOrigin {
  return { span: declaration.name.span, messages: declaration.messages.map((message) => message.span) };
}
