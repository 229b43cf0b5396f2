/**
 * Nodes that pass items between two hooks: if only one of them is joined, or none, nothing passes.
 *
 * @module
 */

import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { ResolvedEnd, ResolvedNode, ResolvedTopology } from "../resolve/resolved.ts";

/** Warns of nodes that lack a link. */
export function checkJoined(topology: ResolvedTopology, collector: DiagnosticCollector): void {
  // A link or name that is wrong would make a node look unlinked.
  if (collector.errors > 0) return;
  const graphs = [topology.graph, ...topology.templates.values()];
  const ends = new Map<ResolvedNode, ResolvedEnd[]>();
  for (const { links, entry } of graphs) {
    for (const end of [...links.flatMap((link) => link.ends), ...entry === null ? [] : [entry]]) {
      const known = ends.get(end.node);
      if (known === undefined) ends.set(end.node, [end]);
      else known.push(end);
    }
  }
  const messages = graphs.flatMap(({ nodes }) => [...nodes.values()]).flatMap((node) => node.messages);
  // A value that waits for a reply may name any node.
  if (messages.some(({ references, uses, checked }) => references.length > 0 && uses.length === 0 && !checked.args)) {
    return;
  }
  const shared = new Set(
    messages.flatMap(({ uses }) => uses.flatMap((use) => use.kind === "node" ? [use.end.node] : [])),
  );
  for (const { nodes } of graphs) {
    for (const node of nodes.values()) {
      if (!shared.has(node.name)) warnOfOne(node, ends.get(node) ?? [], collector);
    }
  }
}

function warnOfOne(node: ResolvedNode, ends: readonly ResolvedEnd[], collector: DiagnosticCollector): void {
  const hooks = node.type?.hooks.map(({ pattern }) => pattern) ?? [];
  const [one, other] = hooks;
  if (hooks.length !== 2 || one === undefined || other === undefined || hooks.some((name) => name.includes("<"))) {
    return;
  }
  const [end] = ends;
  if (ends.length > 1) return;
  const missing = end === undefined ? null : end.hook === one ? other : end.hook === other ? one : null;
  const wanted = missing === null ? `${node.name}:${one} and ${node.name}:${other}` : `${node.name}:${missing}`;
  collector.warning("not-joined", {
    message: end === undefined
      ? `Node "${node.name}" of type "${node.type?.name ?? ""}" is not linked to any node`
      : `Node "${node.name}" of type "${
        node.type?.name ?? ""
      }" is joined by one of its two hooks, so that nothing passes`,
    span: node.declaration.name.span,
    hint: `add a link of ${wanted}`,
  });
}
