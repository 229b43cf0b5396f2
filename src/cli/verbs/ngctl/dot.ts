/**
 * The graph in Graphviz's language: a record for each node and, unless it is compact, an octagon for each hook.
 *
 * @module
 */

import type { SessionNode } from "../../../graph/session/session.ts";

/**
 * `dot`: nodes without hooks are in a separate cluster. Compact, an edge has the names of its hooks; otherwise each
 * hook is a separate shape.
 */
export function dotLines(nodes: readonly SessionNode[], options: { compact: boolean }): string[] {
  const alone = nodes.filter(({ hooks }) => hooks.length === 0);
  const head = options.compact
    ? ["digraph netgraph {", '\tedge [ dir = "none", fontsize = 10 ];']
    : ["graph netgraph {", "\tedge [ weight = 1.0 ];"];
  return [
    ...head,
    "\tnode [ shape = record, fontsize = 12 ] {",
    ...nodes.map((node) => `\t\t"${hex(node.id)}" [ label = "${labelOf(node)}" ];`),
    "\t};",
    "\tsubgraph cluster_disconnected {",
    "\t\tbgcolor = pink;",
    ...alone.map(({ id }) => `\t\t"${hex(id)}";`),
    "\t};",
    ...nodes.flatMap((node) => options.compact ? compactLines(node) : hookLines(node)),
    "}",
  ];
}

function hookLines(node: SessionNode): string[] {
  const { id, hooks } = node;
  if (hooks.length === 0) return [];
  return [
    "\tnode [ shape = octagon, fontsize = 10 ] {",
    ...hooks.map(({ name }) => octagon(id, name)),
    "\t};",
    "\t{",
    "\t\tedge [ weight = 2.0, style = bold ];",
    ...hooks.map(({ name }) => `\t\t"${hex(id)}" -- ${hookId(id, name)};`),
    "\t};",
    ...linksOf(node).map(({ name, peer }) => `\t${hookId(id, name)} -- ${hookId(peer.id, peer.hook)};`),
  ];
}

function compactLines(node: SessionNode): string[] {
  return linksOf(node).map(({ name, peer }) => {
    const labels = `headlabel = ${quoted(name)}, taillabel = ${quoted(peer.hook)}`;
    return `\t"${hex(peer.id)}" -> "${hex(node.id)}" [ ${labels} ] ;`;
  });
}

/** The links that are drawn with this node: those that do not lead to a node with a greater number. */
function linksOf({ id, hooks }: SessionNode) {
  return hooks.flatMap(({ name, peer }) => peer === null || peer.id > id ? [] : [{ name, peer }]);
}

function octagon(id: number, hook: string): string {
  return `\t\t${hookId(id, hook)} [ label = ${quoted(hook)} ];`;
}

function hookId(id: number, hook: string): string {
  return quoted(`${hex(id)}.${hook}`);
}

/** Braces, bars and angles mean something in a record's label. */
function labelOf({ name, type, id }: SessionNode): string {
  const escaped = (text: string) => text.replace(/[{}|<>"\\ ]/g, "\\$&");
  return `{${escaped(name ?? "<unnamed>")}:|{${escaped(type)}|[${hex(id)}]:}}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function hex(id: number): string {
  return id.toString(16);
}
