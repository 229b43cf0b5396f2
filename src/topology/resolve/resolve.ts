/**
 * Declaration → resolved topology: types, hooks and commands are looked up, arguments are parsed, ends are resolved to
 * nodes.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { NetgraphError } from "../../errors.ts";
import { AsciiError } from "../../ascii/error.ts";
import { parseTopologyNodeName } from "../../graph/data/name.ts";
import type { CheckedMessage, NodeType } from "../../graph/core/node_type.ts";
import { type ArgumentContext, readArgument } from "./argument.ts";
import type {
  Declaration,
  MessageDeclaration,
  Named,
  NodeDeclaration,
  TemplateDeclaration,
} from "../parse/declaration.ts";
import { joinedWords, plannedType, typeHint, unknownWord } from "../parse/foreign_words.ts";
import type { ResolvedGraph, ResolvedMessage, ResolvedNode, ResolvedTopology } from "./resolved.ts";
import { resolveEnd, resolveLinks } from "./resolve_link.ts";
import { spanInScalar } from "../parse/tree.ts";
import { type Interpolated, spanInInterpolated } from "../parse/interpolation.ts";

/** The input of resolving. */
export interface ResolveContext extends ArgumentContext {
  readonly types: ReadonlyMap<string, NodeType>;
}

/** Resolves a whole document; reports all problems. */
export function resolveTopology(declaration: Declaration, context: ResolveContext): ResolvedTopology {
  const nodes = resolveNodes(declaration.nodes, context);
  const lookUp = (name: string): ResolvedNode | null => nodes.get(name) ?? null;
  const links = resolveLinks(declaration.links, { ...context, lookUp, known: () => [...nodes.keys()] });
  const templates = declaration.templates.map((template) => resolveTemplate(template, { shared: nodes, context }));
  return {
    graph: { template: null, nodes, links, entry: null },
    templates: new Map(templates.map((template) => [template.template.name.text, template])),
  };
}

interface TemplateContext {
  /** The nodes of the topology: a name that the template does not have is one of them. */
  readonly shared: ReadonlyMap<string, ResolvedNode>;
  readonly context: ResolveContext;
}

function resolveTemplate(
  template: TemplateDeclaration,
  { shared, context }: TemplateContext,
): ResolvedGraph & { template: TemplateDeclaration } {
  const nodes = resolveNodes(template.nodes, context);
  const lookUp = (name: string): ResolvedNode | null => nodes.get(name) ?? shared.get(name) ?? null;
  const known = () => [...nodes.keys(), ...shared.keys()];
  checkName(template.name, "Template name", context);
  const links = resolveLinks(template.links, { ...context, lookUp, known });
  return { template, nodes, links, entry: resolveEntry(template, { nodes, context }) };
}

function resolveEntry(
  template: TemplateDeclaration,
  { nodes, context }: { nodes: ReadonlyMap<string, ResolvedNode>; context: ResolveContext },
): ResolvedGraph["entry"] {
  const [only, another] = template.nodes;
  if (only === undefined) return null;
  const { name: { text, span } } = template;
  if (template.entry === null && another !== undefined) {
    const message = `Template "${text}" has ${template.nodes.length} nodes and no key "entry"`;
    const hint = `such as entry: ${only.name.text}`;
    context.collector.error("missing-key", { message, span, hint });
    return null;
  }
  const entry = template.entry ?? { node: only.name.text, hook: null, span, hookSpan: span };
  if (!nodes.has(entry.node)) {
    const known = [...nodes.keys()];
    context.collector.error("unknown-node", {
      message: `Entry "${entry.node}" is not a node of template "${text}"`,
      span: entry.span,
      hint: nearHint(entry.node, known) ?? `it has ${known.join(", ")}`,
    });
    return null;
  }
  const lookUp = (name: string): ResolvedNode | null => nodes.get(name) ?? null;
  return resolveEnd(entry, { ...context, lookUp, known: () => [...nodes.keys()] });
}

function resolveNodes(
  declarations: readonly NodeDeclaration[],
  context: ResolveContext,
): ReadonlyMap<string, ResolvedNode> {
  return new Map(declarations.map((declaration) => {
    checkName(declaration.name, "Node name", context);
    return [declaration.name.text, resolveNode(declaration, context)];
  }));
}

function resolveNode(declaration: NodeDeclaration, context: ResolveContext): ResolvedNode {
  const type = resolveType(declaration.type, context);
  const hook = type === null ? null : resolveHook(declaration, type, context);
  const messages = declaration.messages.map((message) => resolveMessage(message, { declaration, type, context }));
  return { declaration, name: declaration.name.text, type, hook, messages };
}

function resolveType(word: Interpolated | null, { types, collector }: ResolveContext): NodeType | null {
  if (word === null) return null;
  const type = types.get(word.text);
  if (type !== undefined && type.creatable) return type;
  const { span } = word.scalar;
  const planned = plannedType(word.text);
  if (planned !== null) {
    collector.error("not-supported", { ...planned, span });
    return null;
  }
  const known = [...types.values()].filter((one) => one.creatable).map((one) => one.name);
  collector.error("unknown-type", {
    message: type === undefined ? `Unknown node type "${word.text}"` : `Type "${word.text}" is not for topologies`,
    span,
    hint: typeHint(word.text, known),
  });
  return null;
}

function resolveHook(declaration: NodeDeclaration, type: NodeType, { collector }: ResolveContext): string | null {
  const { hook, name, broken } = declaration;
  if (!type.hookDecides) {
    if (hook !== null) {
      const message = `Key "hook" is not allowed for a node of type "${type.name}"`;
      collector.error("bad-hook", { message, span: hook.scalar.span, hint: "remove it: links create its hooks" });
    }
    return null;
  }
  if (hook === null) {
    if (broken) return null;
    const message = `Node "${name.text}" of type "${type.name}" needs the key "hook", which selects its socket`;
    const pattern = type.hooks[0]?.pattern;
    const hint = pattern === undefined ? null : `such as hook: ${pattern}`;
    collector.error("missing-key", { message, span: name.span, hint });
    return null;
  }
  try {
    return type.parseHook(hook.text);
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    const place = error instanceof AsciiError ? error : { offset: 0, length: hook.text.length, hint: null };
    const span = spanInInterpolated(collector.file, hook, { start: place.offset, end: place.offset + place.length });
    collector.error("bad-hook", { message: error.message, span, hint: place.hint });
    return null;
  }
}

interface MessageContext {
  readonly declaration: NodeDeclaration;
  readonly type: NodeType | null;
  readonly context: ResolveContext;
}

function resolveMessage(message: MessageDeclaration, { declaration, type, context }: MessageContext): ResolvedMessage {
  const { text: name } = message.command;
  const unknown = { command: name, args: undefined };
  const state = { command: name, argument: null };
  const broken = { declaration: message, state, checked: unknown, uses: [], references: [], broken: true };
  if (type === null) return { ...broken, command: null };
  const command = Object.hasOwn(type.commands, name) ? type.commands[name] : undefined;
  if (command === undefined) {
    reportUnknownMessage(message.command, { declaration, type, context });
    return { ...broken, command: null };
  }
  const argument = readArgument(message, command, { ...context, commands: type.commands });
  if (argument === null) return { ...broken, command };
  return {
    declaration: message,
    command,
    state: { command: name, argument: argument.text },
    checked: { command: name, args: argument.value, ...writtenWord(message) },
    uses: argument.sample === undefined ? [] : command.uses?.(argument.sample) ?? [],
    references: argument.references,
    broken: false,
  };
}

function writtenWord({ argument }: MessageDeclaration): Pick<CheckedMessage, "written"> {
  if (argument.kind === "ascii") return { written: argument.word.text.trim() };
  return argument.kind === "literal" && argument.value.kind === "word" ? { written: argument.value.word.text } : {};
}

function reportUnknownMessage(
  { text, span }: Named,
  { declaration, type, context: { collector } }: MessageContext & { readonly type: NodeType },
): void {
  const known = Object.keys(type.commands);
  const { message, hint } = joinedWords(text, known) ?? unknownWord(text, { known, kind: "messages" });
  collector.error(message === null ? "unknown-message" : "not-supported", {
    message: message ?? `Unknown message "${text}" for node "${declaration.name.text}" of type "${type.name}"`,
    span,
    hint,
  });
}

function checkName({ text, span }: Named, what: string, { collector }: ResolveContext): void {
  try {
    parseTopologyNodeName(text);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const scalar = { kind: "scalar", value: text, style: styleAt(collector.file.text, span.start), span } as const;
    const place = { start: error.offset, end: error.offset + error.length };
    const message = error.message.replace(/^Node name/, what);
    collector.error("bad-name", { message, span: spanInScalar(collector.file, scalar, place), hint: error.hint });
  }
}

function styleAt(text: string, offset: number): "single" | "double" | "plain" {
  const first = text.charAt(offset);
  return first === '"' ? "double" : first === "'" ? "single" : "plain";
}
