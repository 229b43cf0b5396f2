/**
 * The graph in Graphviz's language: a record for each node and, unless it shall be compact, an octagon for each hook.
 *
 * @module
 */

import type { SessionNode } from "../../graph/session/session.ts";

/** `dot`: nodes without hooks stand in a cluster of their own. */
export function dotLines(nodes: readonly SessionNode[], options: { compact: boolean }): string[] {
  const alone = nodes.filter(({ hooks }) => hooks.length === 0);
  return [
    "graph netgraph {",
    "\tedge [ weight = 1.0 ];",
    "\tnode [ shape = record, fontsize = 12 ] {",
    ...nodes.map((node) => `\t\t"${hex(node.id)}" [ label = "${labelOf(node)}" ];`),
    "\t};",
    "\tsubgraph cluster_disconnected {",
    "\t\tbgcolor = pink;",
    ...alone.map(({ id }) => `\t\t"${hex(id)}";`),
    "\t};",
    ...(options.compact ? compactLines(nodes) : hookLines(nodes)),
    "}",
  ];
}

function hookLines(nodes: readonly SessionNode[]): string[] {
  const octagons = nodes.flatMap(({ id, hooks }) => hooks.map(({ name }) => octagon(id, name)));
  const own = nodes.flatMap(({ id, hooks }) => hooks.map(({ name }) => `\t"${hex(id)}" -- ${hookId(id, name)};`));
  const links = linksOf(nodes).map(({ a, b }) => `\t${hookId(a.id, a.hook)} -- ${hookId(b.id, b.hook)};`);
  return ["\tnode [ shape = octagon, fontsize = 10 ] {", ...octagons, "\t};", ...own, ...links];
}

function compactLines(nodes: readonly SessionNode[]): string[] {
  return linksOf(nodes).map(({ a, b }) => {
    const labels = `headlabel = ${quoted(b.hook)}, taillabel = ${quoted(a.hook)}`;
    return `\t"${hex(a.id)}" -- "${hex(b.id)}" [ fontsize = 10, ${labels} ];`;
  });
}

interface End {
  readonly id: number;
  readonly hook: string;
}

/** Each link once: it is met from both of its ends. */
function linksOf(nodes: readonly SessionNode[]): readonly { readonly a: End; readonly b: End }[] {
  return nodes.flatMap(({ id, hooks }) =>
    hooks.flatMap(({ name, peer }) => {
      if (peer === null || id > peer.id || (id === peer.id && name > peer.hook)) return [];
      return [{ a: { id, hook: name }, b: { id: peer.id, hook: peer.hook } }];
    })
  );
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
