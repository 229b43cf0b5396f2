/**
 * Drawings in the languages of Graphviz and Mermaid, and as text for a terminal.
 *
 * Nodes have made-up identifiers (`n0`), so names need escapes only within labels.
 *
 * @module
 */

import type { Drawing, DrawnEdge } from "../../../drawing/drawing.ts";
import { linesOf, templatesOf } from "../../../drawing/scene.ts";

/** The label of an edge: `left`, `accept → left`, `one – many0`. */
export function edgeLabel({ kind, from, to }: DrawnEdge): string {
  const words = [from.label, to.label].filter((word) => word !== null);
  return words.join(kind === "accept" ? " → " : " – ");
}

interface Numbered {
  readonly drawing: Drawing;
  readonly prefix: string;
  idOf(node: string): string;
}

function numbered(drawings: readonly Drawing[]): readonly Numbered[] {
  return drawings.map((drawing, index) => {
    const prefix = drawings.length === 1 ? "n" : `t${index}n`;
    const ids = new Map(drawing.nodes.map(({ name }, place) => [name, `${prefix}${place}`]));
    return { drawing, prefix, idOf: (node) => ids.get(node) ?? prefix };
  });
}

/** Graphviz: `dot -Tsvg`. */
export function toDot(drawings: readonly Drawing[]): string {
  const bodies = numbered(drawings).flatMap((one) => {
    const { drawing, prefix } = one;
    const title = drawing.description === null ? drawing.name : `${drawing.name}: ${drawing.description}`;
    const clusters = templatesOf(drawing).flatMap((template, index) => [
      `    subgraph cluster_${prefix}${index} {`,
      `      label = ${dotText([`template ${template}`])}; style = dashed; color = gray50;`,
      ...dotNodes(one, template).map((line) => `      ${line}`),
      "    }",
    ]);
    return [
      `  subgraph cluster_${prefix} {`,
      `    label = ${dotText([title])}; color = gray80;`,
      ...dotNodes(one, null).map((line) => `    ${line}`),
      ...clusters,
      ...drawing.edges.map((edge) => `    ${dotEdge(edge, one)}`),
      "  }",
    ];
  });
  return [
    "digraph sockgraph {",
    "  rankdir = LR;",
    '  node [shape = box, style = rounded, fontname = "sans-serif", fontsize = 11];',
    '  edge [dir = none, fontname = "sans-serif", fontsize = 9];',
    '  graph [fontname = "sans-serif", fontsize = 12, labeljust = l];',
    ...bodies,
    "}",
  ].join("\n");
}

function dotNodes({ drawing, idOf }: Numbered, template: string | null): readonly string[] {
  return drawing.nodes.filter((node) => node.template === template).map((node) => {
    const sick = node.state !== null && node.state !== "ready" ? ", color = red" : "";
    return `${idOf(node.name)} [label = ${dotText(linesOf(node))}${sick}];`;
  });
}

function dotEdge(edge: DrawnEdge, { idOf }: Numbered): string {
  const label = edgeLabel(edge);
  const facts = [
    ...label === "" ? [] : [`label = ${dotText([label])}`],
    ...edge.kind === "accept" ? ["dir = forward", "style = dashed"] : [],
  ];
  return `${idOf(edge.from.node)} -> ${idOf(edge.to.node)}${facts.length === 0 ? "" : ` [${facts.join(", ")}]`};`;
}

/** A quoted string; Graphviz reads backslashes and the entities of HTML in labels. */
function dotText(lines: readonly string[]): string {
  const escaped = lines.map((line) => line.replace(/["\\]/g, "\\$&").replaceAll("&", "&amp;"));
  return `"${escaped.join("\\n")}"`;
}

/** Mermaid: for Markdown that is shown by a forge. */
export function toMermaid(drawings: readonly Drawing[]): string {
  const bodies = numbered(drawings).flatMap((one) => {
    const { drawing, prefix, idOf } = one;
    const nodes = (template: string | null) =>
      drawing.nodes.filter((node) => node.template === template).map((node) =>
        `${idOf(node.name)}[${mermaidText(linesOf(node))}]`
      );
    const clusters = templatesOf(drawing).flatMap((template, index) => [
      `    subgraph ${prefix}c${index}[${mermaidText([`template ${template}`])}]`,
      ...nodes(template).map((line) => `      ${line}`),
      "    end",
    ]);
    const edges = drawing.edges.map((edge) => {
      const label = edgeLabel(edge);
      const text = label === "" ? "" : `|${mermaidText([label])}|`;
      return `    ${idOf(edge.from.node)} ${edge.kind === "accept" ? "-.->" : "---"}${text} ${idOf(edge.to.node)}`;
    });
    const inside = [...nodes(null).map((line) => `    ${line}`), ...clusters, ...edges];
    return [`  subgraph ${prefix}s[${mermaidText([drawing.name])}]`, ...inside, "  end"];
  });
  return ["flowchart LR", ...bodies].join("\n");
}

/** All characters with a meaning in Mermaid or Markdown are written as numbers. */
function mermaidText(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replace(/[^\p{L}\p{N} /.:,→–-]/gu, (character) => `#${character.codePointAt(0)};`)
  );
  return `"${escaped.join("<br>")}"`;
}

/** A tree for a terminal: in the direction of the traffic. */
export function toText(drawing: Drawing, strong: (text: string) => string): string {
  const shown = new Set<string>();
  const lines: string[] = [];
  const show = (name: string, lead: { own: string; below: string }, edge: DrawnEdge | null): void => {
    const node = drawing.nodes.find((one) => one.name === name);
    if (node === undefined) return;
    const again = shown.has(name);
    const [, ...facts] = linesOf(node);
    const label = edge === null ? "" : `${edgeLabel(edge)}${edgeLabel(edge) === "" ? "" : " → "}`;
    lines.push(`${lead.own}${label}${strong(name)}  ${again ? "(above)" : facts.join("  ")}`);
    if (again) return;
    shown.add(name);
    const next = drawing.edges.filter(({ from }) => from.node === name);
    for (const [index, one] of next.entries()) {
      const last = index === next.length - 1;
      const below = lead.below + (last ? "   " : "│  ");
      show(one.to.node, { own: lead.below + (last ? "└─ " : "├─ "), below }, one);
    }
  };
  const targets = new Set(drawing.edges.map(({ to }) => to.node));
  const names = drawing.nodes.map(({ name }) => name);
  for (const name of [...names.filter((one) => !targets.has(one)), ...names]) {
    if (!shown.has(name)) show(name, { own: "", below: "" }, null);
  }
  const title = drawing.description === null ? strong(drawing.name) : `${strong(drawing.name)}  ${drawing.description}`;
  return [title, ...lines].join("\n");
}
