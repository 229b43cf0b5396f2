/**
 * References to replies and parameters: their names exist, and they order the nodes.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { clientPart, WITH } from "../../graph/core/reference.ts";
import { findCycles } from "./cycle.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { reportUnknownNode } from "../resolve/resolve_link.ts";
import type { ResolvedGraph, ResolvedNode, ResolvedTopology } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";
import type { PlacedReference } from "../parse/interpolation.ts";

/** The input of checking references. */
export interface ReferenceCheckContext {
  readonly topology: ResolvedTopology;
  readonly collector: DiagnosticCollector;
}

/** Checks the references of one graph; those of a template may also name nodes of the topology. */
export function checkReferences(graph: ResolvedGraph, context: ReferenceCheckContext): void {
  const edges = new Map<string, Map<string, Span>>();
  for (const node of graph.nodes.values()) {
    const targets = new Map<string, Span>();
    edges.set(node.name, targets);
    for (const { text, span } of node.declaration.depends) {
      if (graph.nodes.has(text)) targets.set(text, span);
      else {reportUnknownNode({ collector: context.collector, known: () => [...graph.nodes.keys()] }, {
          node: text,
          span,
        });}
    }
    for (const placed of node.messages.flatMap((message) => message.references)) {
      const target = checkReference(placed, { graph, ...context });
      if (target !== null && !targets.has(target.name)) targets.set(target.name, placed.span);
    }
  }
  for (const cycle of findCycles(edges.keys(), (name) => edges.get(name)?.keys() ?? [])) {
    const [first = "", second = first] = cycle;
    const span = edges.get(first)?.get(second) ?? null;
    const ring = [...cycle, first];
    const depends = ring.some((name, index) => {
      return graph.nodes.get(name)?.declaration.depends.some(({ text }) => text === ring[index + 1]) === true;
    });
    const message = `${depends ? "Nodes depend on each other in" : "References form"} a cycle: ${ring.join(" → ")}`;
    const hint = depends ? "remove one of them from depends" : "each waits for a reply of the next";
    context.collector.error("reference-cycle", { message, span, hint });
  }
}

/** The node of this graph that the reference waits for; null if it waits for none. */
function checkReference(
  placed: PlacedReference,
  context: ReferenceCheckContext & { readonly graph: ResolvedGraph },
): ResolvedNode | null {
  const { reference, span } = placed;
  const { graph, topology, collector } = context;
  if (reference.node === WITH) {
    checkParameter(placed, graph, collector);
    return null;
  }
  if (clientPart(reference) !== null) {
    checkClient(placed, graph, collector);
    return null;
  }
  const own = graph.nodes.get(reference.node);
  const node = own ?? topology.graph.nodes.get(reference.node);
  if (node === undefined && /^param(eter)?s?$/.test(reference.node)) {
    collector.error("unknown-parameter", {
      message: `The topology has no key "parameters" with "${reference.query}", and no node "${reference.node}"`,
      span,
      hint: `add parameters: { ${reference.query}: … } to the topology, and write \${parameters.${reference.query}}`,
    });
    return null;
  }
  if (node === undefined) {
    const known = () => [...new Set([...graph.nodes.keys(), ...topology.graph.nodes.keys()])];
    reportUnknownNode({ collector, known }, { node: reference.node, span });
    return null;
  }
  checkQuery(node, placed, collector);
  return own ?? null;
}

function checkClient({ span }: PlacedReference, graph: ResolvedGraph, collector: DiagnosticCollector): void {
  if (graph.template !== null) return;
  const hint = "put the node into a template, which is copied for each connection";
  collector.error("unknown-node", { message: "A node of the topology has no client", span, hint });
}

function checkParameter(
  { reference, span }: PlacedReference,
  graph: ResolvedGraph,
  collector: DiagnosticCollector,
): void {
  const names = graph.template?.parameters.map((parameter) => parameter.name.text) ?? [];
  if (names.includes(reference.query) || graph.template?.parametersBroken === true) return;
  collector.error("unknown-parameter", {
    message: `Unknown parameter "${reference.query}" of template "${graph.template?.name.text ?? ""}"`,
    span,
    hint: nearHint(reference.query, names) ??
      (names.length === 0 ? 'add a key "parameters"' : `known parameters: ${names.join(", ")}`),
  });
}

function checkQuery(node: ResolvedNode, { reference, span }: PlacedReference, collector: DiagnosticCollector): void {
  const { type } = node;
  if (type === null) return;
  const { query } = reference;
  const command = Object.hasOwn(type.commands, query) ? type.commands[query] : undefined;
  if (command?.kind === "query" && command.refer !== undefined) return;
  const queries = Object.entries(type.commands)
    .filter(([, one]) => one.kind === "query" && one.refer !== undefined).map(([name]) => name);
  const what = command === undefined
    ? `has no message "${query}"`
    : `gives no reply to "${query}" that can be referred to`;
  collector.error("not-a-query", {
    message: `Node "${node.name}" of type "${type.name}" ${what}`,
    span,
    hint: nearHint(query, queries) ?? (queries.length === 0 ? null : `refer to ${queries.join(", ")}`),
  });
}
