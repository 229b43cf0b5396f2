/**
 * Each node separately: the order of its messages, and the findings of its type.
 *
 * @module
 */

import type { Finding } from "../../graph/core/node_type.ts";
import { findStreamNodes } from "./check_flow.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { placeOfPath } from "../resolve/message_place.ts";
import type { ResolvedGraph, ResolvedMessage, ResolvedNode } from "../resolve/resolved.ts";

/** The input of checking nodes. */
export interface NodeCheckContext {
  readonly collector: DiagnosticCollector;
  /** Messages with a reported error: the type's findings about them would only follow from that. */
  readonly flagged: ReadonlySet<ResolvedMessage>;
}

/** Checks every node of a graph. */
export function checkNodes(graph: ResolvedGraph, context: NodeCheckContext): void {
  const linked = linkedNodes(graph);
  const streams = findStreamNodes(graph);
  for (const node of graph.nodes.values()) {
    checkHands(node, context.collector);
    const late = checkOrder(node, context.collector);
    checkFindings(node, { graph, linked: linked.has(node), onStream: streams.has(node), context, late });
  }
}

/** The nodes that a link or a template's entry names. */
export function linkedNodes(graph: ResolvedGraph): ReadonlySet<ResolvedNode> {
  const ends = [...graph.links.flatMap((link) => link.ends), ...(graph.entry === null ? [] : [graph.entry])];
  return new Set(ends.map((end) => end.node));
}

/** Reports messages that make sense only when they are sent manually. */
function checkHands(node: ResolvedNode, collector: DiagnosticCollector): void {
  for (const { command, state, declaration } of node.messages) {
    if (command?.imperativeOnly !== true) continue;
    collector.error("manual-only", {
      message: `Message "${state.command}" can only be sent with msg: it is done once, and a topology declares a state`,
      span: declaration.span,
      hint: `send it: sockgraph msg TOPOLOGY/${node.name}: ${state.command}`,
    });
  }
}

/** Reports messages that are too late; returns those. */
function checkOrder(node: ResolvedNode, collector: DiagnosticCollector): ReadonlySet<ResolvedMessage> {
  const late = new Set<ResolvedMessage>();
  node.messages.forEach((message, index) => {
    const before = message.command?.before;
    const other = before === undefined ? -1 : node.messages.findIndex((one) => one.state.command === before);
    const first = node.messages[other];
    if (first === undefined || other > index) return;
    late.add(message);
    collector.error("wrong-order", {
      message: `Message "${message.state.command}" must come before "${before}"`,
      span: message.declaration.span,
      related: [{ message: `"${before}" is here`, span: first.declaration.span }],
    });
  });
  return late;
}

interface FindingContext {
  readonly graph: ResolvedGraph;
  readonly linked: boolean;
  readonly onStream: boolean;
  readonly context: NodeCheckContext;
  readonly late: ReadonlySet<ResolvedMessage>;
}

function checkFindings(node: ResolvedNode, { graph, linked, onStream, context, late }: FindingContext): void {
  const { type } = node;
  // With an unknown message or a wrong hook further findings would be guesses.
  if (type === null || node.declaration.broken || node.messages.some((message) => message.command === null)) return;
  if (type.hookDecides && node.hook === null) return;
  const messages = node.messages.map((message) => message.checked);
  const reported = new Set(late);
  for (const finding of type.check({ hook: node.hook, messages, linked, inTemplate: graph.template !== null })) {
    if (finding.onStream === true && !onStream) continue;
    const message = finding.messageIndex === null ? null : node.messages[finding.messageIndex] ?? null;
    if (message !== null && (message.broken || reported.has(message) || context.flagged.has(message))) continue;
    // One error per message: further findings usually follow from it.
    if (message !== null && finding.severity === "error") reported.add(message);
    reportFinding(node, { finding, message, collector: context.collector });
  }
}

function reportFinding(
  node: ResolvedNode,
  { finding, message, collector }: {
    finding: Finding;
    message: ResolvedMessage | null;
    collector: DiagnosticCollector;
  },
): void {
  const { code, severity, hint } = finding;
  const span = message === null
    ? node.declaration.hook?.scalar.span ?? node.declaration.name.span
    : placeOfPath(message, finding.path ?? []);
  collector.add(code, severity, { message: finding.message, span, hint });
}
