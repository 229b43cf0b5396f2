/**
 * The references of messages outside their node: templates with their parameters, and shared nodes.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { Use } from "../../graph/core/command.ts";
import { WITH } from "../../graph/core/reference.ts";
import { findCycles } from "./cycle.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { checkInstance } from "./check_instance.ts";
import { partAt } from "../parse/source.ts";
import { reportOneHook } from "./check_hooks.ts";
import { placeOfField, placeOfWord } from "../resolve/message_place.ts";
import { resolveEnd } from "../resolve/resolve_link.ts";
import type { ResolvedGraph, ResolvedMessage, ResolvedNode, ResolvedTopology } from "../resolve/resolved.ts";

interface UseContext {
  readonly graph: ResolvedGraph;
  /** The node that the message belongs to. */
  readonly user: ResolvedNode;
  readonly message: ResolvedMessage;
  readonly topology: ResolvedTopology;
  readonly collector: DiagnosticCollector;
}

/** Checks every use; returns the messages with a reported error. */
export function checkTemplates(
  topology: ResolvedTopology,
  collector: DiagnosticCollector,
): ReadonlySet<ResolvedMessage> {
  const flagged = new Set<ResolvedMessage>();
  const inCycles = checkCycles(topology, collector);
  for (const graph of [topology.graph, ...topology.templates.values()]) {
    for (const user of graph.nodes.values()) {
      for (const message of user.messages) {
        const before = collector.errors;
        for (const use of message.uses) checkUse(use, { graph, user, message, topology, collector });
        const inCycle = inCycles.has(message);
        if (!inCycle && collector.errors === before) reportAcceptInTemplate(graph, message, collector);
        if (inCycle || collector.errors > before) flagged.add(message);
      }
    }
  }
  // A name that is wrong makes a template look unused.
  if (collector.errors === 0) checkUnused(topology, collector);
  return flagged;
}

function reportAcceptInTemplate(
  { template }: ResolvedGraph,
  message: ResolvedMessage,
  collector: DiagnosticCollector,
): void {
  if (template === null || message.uses.every(({ kind }) => kind === "pool")) return;
  collector.error("accept-in-template", {
    message: `Message "${message.state.command}" with a target is not allowed in template "${template.name.text}"`,
    span: message.declaration.span,
    hint: "a copy is made for one connection and accepts no more",
  });
}

/** Warns of templates and pools that nothing names, and of parameters that their template does not refer to. */
function checkUnused({ graph, templates }: ResolvedTopology, collector: DiagnosticCollector): void {
  const nodes = [graph, ...templates.values()].flatMap((one) => [...one.nodes.values()]);
  const uses = nodes.flatMap(({ messages }) => messages.flatMap(({ uses }) => uses));
  const namesOf = (kind: "template" | "pool") => {
    return new Set(uses.flatMap((use) => use.kind !== "node" && use.kind === kind ? [use.name] : []));
  };
  const [used, usedPools] = [namesOf("template"), namesOf("pool")];
  // The meaning of a message that is wrong, or that waits for a reply, is unknown: it may name any template.
  const known = nodes.every(({ type, messages }) =>
    type !== null &&
    messages.every(({ broken, uses, references }) => !broken && (uses.length > 0 || references.length === 0))
  );
  for (const { name, type, declaration } of graph.nodes.values()) {
    if (!known || type?.name !== "pool" || usedPools.has(name)) continue;
    const hint = `name it in a message: accept: { connect: pool/${name} }`;
    collector.warning("unused-pool", {
      message: `Pool "${name}" is not used by any message`,
      span: declaration.name.span,
      hint,
    });
  }
  for (const [name, { template, nodes: own }] of templates) {
    if (template === null) continue;
    if (known && !used.has(name) && partAt(collector.file, template.name.span.start) === null) {
      const hint = `name it in a message: accept: { template: ${name} }`;
      const message = `Template "${name}" is not used by any message`;
      collector.warning("unused-template", { message, span: template.name.span, hint });
    }
    const messages = [...own.values()].flatMap((node) => node.messages);
    if (messages.some(({ broken }) => broken)) continue;
    const referred = new Set(
      messages.flatMap(({ references }) =>
        references.flatMap(({ reference: { node, query } }) => node === WITH ? [query] : [])
      ),
    );
    for (const { name: { text, span } } of template.parameters) {
      if (referred.has(text)) continue;
      const hint = `refer to it: \${with.${text}}, or remove it`;
      collector.warning("unused-parameter", {
        message: `Parameter "${text}" of template "${name}" is not used`,
        span,
        hint,
      });
    }
  }
}

function checkUse(use: Use, context: UseContext): void {
  if (use.kind === "template") checkTemplateUse(use, context);
  else if (use.kind === "pool") checkPoolUse(use, context);
  else checkNodeUse(use, context);
}

function checkTemplateUse(use: Extract<Use, { kind: "template" }>, context: UseContext): void {
  const { message, topology, collector } = context;
  const graph = topology.templates.get(use.name);
  const template = graph?.template;
  if (graph === undefined || template === undefined || template === null) {
    const known = collector.full ? [] : [...topology.templates.keys()];
    collector.error("unknown-template", {
      message: `Unknown template "${use.name}"`,
      span: placeOfWord(message, use.name),
      hint: nearHint(use.name, known) ??
        (topology.templates.size === 0 ? 'the topology has no "templates"' : `known templates: ${known.join(", ")}`),
    });
    return;
  }
  const names = template.parameters.map((parameter) => parameter.name.text);
  const unknown = template.parametersBroken ? [] : Object.keys(use.with).filter((name) => !names.includes(name));
  for (const name of unknown) {
    collector.error("unknown-parameter", {
      message: `Template "${use.name}" has no parameter "${name}"`,
      span: placeOfField(message, name),
      hint: nearHint(name, names) ??
        (names.length === 0 ? "it has no parameters" : `known parameters: ${names.join(", ")}`),
    });
  }
  for (const { name, value } of template.parameters) {
    if (value !== null || Object.hasOwn(use.with, name.text)) continue;
    // A misspelt parameter was reported; that it is also missing is the same problem.
    if (unknown.some((given) => nearHint(given, [name.text]) !== null)) continue;
    collector.error("missing-parameter", {
      message: `Template "${use.name}" needs parameter "${name.text}"`,
      span: placeOfWord(message, use.name),
      hint: `add with: { ${name.text}: … }`,
      related: [{ message: "it has no default here", span: name.span }],
    });
  }
  checkInstance(use, { template, graph, message, collector });
}

function checkPoolUse({ name }: Extract<Use, { kind: "pool" }>, context: UseContext): void {
  const { graph, message, topology, collector } = context;
  // The values that a user of the template passes are not known here.
  if (name.includes("${")) return;
  const span = placeOfWord(message, `pool/${name}`);
  const node = topology.graph.nodes.get(name);
  const pools = [...topology.graph.nodes.values()].filter(({ type }) => type?.name === "pool").map((one) => one.name);
  if (node === undefined) {
    const inTemplate = graph.nodes.has(name) ? "a pool is a node of the topology, not of a template" : null;
    const known = pools.length === 0 ? "the topology has no node of type pool" : `known pools: ${pools.join(", ")}`;
    const hint = inTemplate ?? nearHint(name, pools) ?? known;
    collector.error("unknown-node", { message: `Unknown pool "${name}"`, span, hint });
    return;
  }
  if (node.type === null || node.type.name === "pool") return;
  const hint = pools.length === 0 ? "name a node of type pool" : `known pools: ${pools.join(", ")}`;
  collector.error("not-a-pool", { message: `Node "${name}" is of type "${node.type.name}", not a pool`, span, hint });
}

function checkNodeUse(use: Extract<Use, { kind: "node" }>, context: UseContext): void {
  const { graph, user, message, topology, collector } = context;
  const { node, hook } = use.end;
  const text = hook === null ? node : `${node}:${hook}`;
  const span = placeOfWord(message, text);
  const nodes = topology.graph.nodes;
  const end = resolveEnd({ node, hook, span, hookSpan: span }, {
    collector,
    lookUp: (name) => graph.nodes.get(name) ?? nodes.get(name) ?? null,
    known: () => [...new Set([...graph.nodes.keys(), ...nodes.keys()])],
  });
  if (end !== null && end.node === user) {
    collector.error("self-link", {
      message: `Message "${message.state.command}" of node "${node}" cannot join connections to the node itself`,
      span,
      hint: "name another node, such as one of type echo, or connect: ADDRESS",
    });
    return;
  }
  if (end !== null) reportOneHook(end, `Message "${message.state.command}"`, collector);
}

/** Reports templates that refer to themselves; returns the messages that form the cycle. */
function checkCycles(topology: ResolvedTopology, collector: DiagnosticCollector): ReadonlySet<ResolvedMessage> {
  const edges = new Map<string, Map<string, ResolvedMessage>>();
  for (const [name, graph] of topology.templates) {
    const targets = new Map<string, ResolvedMessage>();
    edges.set(name, targets);
    for (const message of [...graph.nodes.values()].flatMap((node) => node.messages)) {
      for (const use of message.uses) if (use.kind === "template") targets.set(use.name, message);
    }
  }
  const found = new Set<ResolvedMessage>();
  for (const cycle of findCycles(edges.keys(), (name) => edges.get(name)?.keys() ?? [])) {
    const [first = "", second = first] = cycle;
    cycle.forEach((name, index) => {
      const message = edges.get(name)?.get(cycle[index + 1] ?? first);
      if (message !== undefined) found.add(message);
    });
    const message = edges.get(first)?.get(second);
    collector.error("template-cycle", {
      message: `Templates form a cycle: ${[...cycle, first].join(" → ")}`,
      span: message === undefined ? null : placeOfWord(message, second),
    });
  }
  return found;
}
