/**
 * A hook has one peer: no hook is in two links, and none is joined to itself.
 *
 * @module
 */

import { canonicalLink, formatEnd, type LinkState } from "../../graph/data/state.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { ResolvedEnd, ResolvedGraph, ResolvedLink } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";

/** Checks the links of a graph and its entry. */
export function checkHooks(graph: ResolvedGraph, collector: DiagnosticCollector): void {
  const used = new Map<string, Span>();
  const links = new Map<string, Span>();
  if (graph.entry !== null) useHook(graph.entry, used, collector);
  if (graph.template !== null) reportSharedHooks(graph, graph.template.name.text, collector);
  for (const link of graph.links) {
    if (reportSelfLink(link, collector) || reportTwice(link, links, collector)) continue;
    for (const end of link.ends) useHook(end, used, collector);
  }
}

/** Reports a node that every connection would join although it has one hook, which is in use. */
export function reportOneHook(
  { node, declaration: { span } }: ResolvedEnd,
  what: string,
  collector: DiagnosticCollector,
): void {
  if (node.type?.hookDecides !== true) return;
  collector.error("hook-in-use", {
    message: `${what} joins node "${node.name}" for every connection, but a ${node.type.name} has one hook`,
    span,
    hint: `join a hub of the topology, and link that to "${node.name}"`,
  });
}

function reportSharedHooks({ nodes, links, entry }: ResolvedGraph, name: string, collector: DiagnosticCollector): void {
  const ends = [...entry === null ? [] : [entry], ...links.flatMap((link) => link.ends)];
  for (const end of ends) if (!nodes.has(end.node.name)) reportOneHook(end, `Template "${name}"`, collector);
}

function reportSelfLink({ ends: [one, other], declaration }: ResolvedLink, collector: DiagnosticCollector): boolean {
  if (one.node !== other.node || one.hook === null || one.hook !== other.hook) return false;
  const message = `Hook "${one.hook}" of node "${one.node.name}" cannot be joined to itself`;
  const hint = "a node of type echo sends back what it gets";
  collector.error("self-link", { message, span: declaration.span, hint });
  return true;
}

/** Automatic hooks have no name that could be in use, so a link that is written twice is reported instead. */
function reportTwice(link: ResolvedLink, links: Map<string, Span>, collector: DiagnosticCollector): boolean {
  const [one, other] = link.ends;
  if (one.hook !== null || other.hook !== null) return false;
  const state: LinkState = canonicalLink({ node: one.node.name, hook: null }, { node: other.node.name, hook: null });
  const key = state.ends.map(formatEnd).join(" ");
  const first = links.get(key);
  links.set(key, link.declaration.span);
  if (first === undefined) return false;
  collector.error("duplicate-link", {
    message: `Nodes "${one.node.name}" and "${other.node.name}" are joined twice`,
    span: link.declaration.span,
    hint: "name the hooks if two links are meant",
    related: [{ message: "first here", span: first }],
  });
  return true;
}

function useHook(
  { node, hook, declaration }: ResolvedEnd,
  used: Map<string, Span>,
  collector: DiagnosticCollector,
): void {
  if (hook === null) return;
  const key = formatEnd({ node: node.name, hook });
  const first = used.get(key);
  if (first === undefined) {
    used.set(key, declaration.hookSpan);
    return;
  }
  collector.error("hook-in-use", {
    message: `Hook "${hook}" of node "${node.name}" has two links`,
    span: declaration.hookSpan,
    hint: "a hook has one link; to join more than two nodes, link each to a hub or tee",
    related: [{ message: "first here", span: first }],
  });
}
