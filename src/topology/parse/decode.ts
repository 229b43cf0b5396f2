/**
 * Tree → Declaration: the file format, key by key.
 *
 * ```
 * end     = node [ ":" hook ]
 * link    = "[" end "," end "]"
 * message = command | "command argument" | { command: argument }
 * ```
 *
 * @module
 */

import { listChoices, nearHint } from "../../ascii/near.ts";
import { DEFAULT_RESTART, type RestartPolicy } from "../../graph/data/state.ts";
import type {
  Declaration,
  EndDeclaration,
  LinkDeclaration,
  Named,
  NodeDeclaration,
  ParameterDeclaration,
  TemplateDeclaration,
} from "./declaration.ts";
import { decodeMessages } from "./decode_message.ts";
import { decodeParameters, type ParameterContext } from "./parameters.ts";
import { decodeEach, type EachContext, eachKey, eachPattern } from "./each.ts";
import { type Fields, ownEntries, readFields, type Vocabulary } from "./fields.ts";
import {
  IGNORED_PREFIX,
  LINK_KEYS,
  NODE_KEYS,
  type NodeKey,
  RESTART_POLICIES,
  TEMPLATE_KEYS,
  TOPOLOGY_KEYS,
} from "./format.ts";
import type { Span } from "./source.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Sequence, type Tree } from "./tree.ts";
import { interpolate, type Interpolated, type InterpolationContext, spanInInterpolated } from "./interpolation.ts";

/** The input of reading a document. */
export interface DecodeContext extends EachContext, ParameterContext {
  readonly vocabulary: Vocabulary;
}

/** Reads one document, which may declare several topologies by `each`; reports all problems and left out. */
export function decodeTopologies(tree: Tree, context: DecodeContext): readonly Declaration[] {
  const before = context.collector.errors;
  const parameters = decodeParameters(tree, context);
  if (parameters === undefined) return expand(tree, tree.span, context).map((one) => decodeTopology(tree, one));
  const usedParameters = new Set<string>();
  const own = { ...context, parameters, usedParameters };
  const topologies = expand(tree, tree.span, own).map((one) => decodeTopology(tree, one));
  if (context.collector.errors === before) reportUnusedParameters(tree, own);
  return topologies;
}

/** A parameter that no text reads: a value for it would have no effect. */
function reportUnusedParameters(tree: Tree, { collector, usedParameters }: DecodeContext): void {
  const declared = tree.kind === "mapping" ? tree.entries.find(({ key }) => key.value === "parameters")?.value : null;
  for (const { key } of declared?.kind === "mapping" ? ownEntries(declared) : []) {
    if (usedParameters?.has(key.value) === true) continue;
    const message = `Parameter "${key.value}" is not used`;
    collector.warning("unused-parameter", {
      message,
      span: key.span,
      hint: `\${parameters.${key.value}} is its value`,
    });
  }
}

function decodeTopology(tree: Tree, context: DecodeContext): Declaration {
  const span = { start: tree.span.start, end: tree.span.start };
  const fields = readFields(tree, TOPOLOGY_KEYS, {
    owner: { what: "the topology", span },
    ...context,
  });
  return {
    name: textOf(fields.text("name"), context),
    description: textOf(fields.text("description"), context)?.text ?? null,
    nodes: decodeNodes(fields.map("nodes"), { context, inTemplate: false }),
    links: decodeLinks(fields.list("links"), context),
    templates: entriesOf(fields.map("templates")).map((entry) => decodeTemplate(entry, context)),
    span: tree.span,
  };
}

interface NodeContext {
  readonly context: DecodeContext;
  readonly inTemplate: boolean;
}

function decodeNodes(mapping: Mapping | null, context: NodeContext): readonly NodeDeclaration[] {
  const names = new Set<string>();
  return entriesOf(mapping).flatMap(({ key, value }) => {
    const span = { start: key.span.start, end: value.span.end };
    return expand(value, span, context.context).flatMap((one) => {
      const isGroup = one !== context.context;
      const name = isGroup || /\$\{(each|parameters)\./.test(key.value) ? expandedName(key, names, one) : nameOf(key);
      if (name === null) return [];
      names.add(name.text);
      return decodeNode({ name, group: isGroup ? eachPattern(key.value, one) : null, tree: value }, {
        ...context,
        context: one,
      });
    });
  });
}

/** The contexts of a declaration: one for each combination of its `each`, otherwise its own. */
function expand<C extends EachContext>(tree: Tree, span: Span, context: C): readonly C[] {
  const entry = eachKey(tree);
  if (entry === null) return [context];
  context.collector.expands(span);
  return (decodeEach(entry, context) ?? []).map((each) => ({ ...context, each }));
}

/** The name of one of several nodes, which must differ from the others; null if it is wrong, which is reported. */
function expandedName(key: Scalar, names: ReadonlySet<string>, context: DecodeContext): Named | null {
  const text = textOf(key, context)?.text;
  if (text === undefined) return null;
  if (text.startsWith(IGNORED_PREFIX)) {
    const message = `Node "${text}" cannot begin with "${IGNORED_PREFIX}": such keys are ignored in a file`;
    context.collector.error("bad-name", { message, span: key.span, hint: "begin the name with another word" });
    return null;
  }
  if (names.has(text)) {
    const [name = "port"] = context.each?.keys() ?? [];
    context.collector.error("duplicate-key", {
      message: (context.each ?? null) === null
        ? `Node "${text}" is declared twice`
        : `"each" makes two nodes of the name "${text}"`,
      span: key.span,
      hint: key.value.includes("${each.") ? null : `name the nodes by their value: ${key.value}-\${each.${name}}`,
    });
  }
  return { text, span: key.span };
}

interface NodeParts {
  readonly name: Named;
  readonly group: string | null;
  readonly tree: Tree;
}

function decodeNode({ name, group, tree }: NodeParts, { context, inTemplate }: NodeContext): NodeDeclaration {
  const { collector } = context;
  const before = collector.errors;
  const owner = { what: `node "${group ?? name.text}"`, span: name.span };
  const fields = readFields(tree, NODE_KEYS, { owner, ...context });
  const messages = fields.list("messages");
  const node = {
    name,
    group,
    type: textOf(fields.text("type"), context),
    hook: textOf(fields.text("hook"), context),
    restart: decodeRestart(fields, context),
    depends: decodeDepends(fields.list("depends"), { context, inTemplate }),
    messages: messages === null ? [] : decodeMessages(messages, { context, inTemplate }),
  };
  return { ...node, broken: collector.errors > before };
}

function decodeDepends(list: Sequence | null, { context, inTemplate }: NodeContext): readonly Named[] {
  const { collector } = context;
  if (list !== null && inTemplate) {
    const message = 'Key "depends" is not allowed in a template: its nodes are created together';
    collector.error("not-supported", { message, span: list.span, hint: "remove it" });
    return [];
  }
  const names = new Set<string>();
  return (list?.items ?? []).flatMap((item): readonly Named[] => {
    if (item.kind !== "scalar" || isNull(item)) {
      const message = `A name of "depends" must be a text but is ${describeTree(item)}`;
      collector.error("wrong-kind", { message, span: item.span, hint: "such as depends: [db]" });
      return [];
    }
    const text = textOf(item, context)?.text;
    if (text === undefined) return [];
    if (names.has(text)) {
      collector.error("duplicate-key", { message: `Node "${text}" is listed twice in "depends"`, span: item.span });
      return [];
    }
    names.add(text);
    return [{ text, span: item.span }];
  });
}

function decodeRestart(fields: Fields<NodeKey>, context: InterpolationContext): RestartPolicy {
  const word = textOf(fields.text("restart"), context);
  if (word === null) return DEFAULT_RESTART;
  const policy = RESTART_POLICIES.find((one) => one === word.text);
  if (policy !== undefined) return policy;
  context.collector.error("bad-word", {
    message: `Unknown value "${word.text}" of "restart": expected ${listChoices(RESTART_POLICIES)}`,
    span: word.scalar.span,
    hint: nearHint(word.text, RESTART_POLICIES),
  });
  return DEFAULT_RESTART;
}

function decodeTemplate({ key, value }: Entry, context: DecodeContext): TemplateDeclaration {
  const name = nameOf(key);
  const owner = { what: `template "${name.text}"`, span: name.span };
  const fields = readFields(value, TEMPLATE_KEYS, { owner, ...context });
  const entry = textOf(fields.text("entry"), context);
  return {
    name,
    parametersBroken: fields.map("parameters") === null && hasKey(value, "parameters"),
    parameters: entriesOf(fields.map("parameters")).map((parameter) => decodeParameter(parameter, context)),
    entry: entry === null ? null : readEnd(entry, context),
    nodes: decodeNodes(fields.map("nodes"), { context, inTemplate: true }),
    links: decodeLinks(fields.list("links"), context),
  };
}

function decodeParameter({ key, value }: Entry, context: InterpolationContext): ParameterDeclaration {
  const name = nameOf(key);
  if (!/^[^.{}$]+$/.test(name.text)) {
    context.collector.error("bad-name", {
      message: `Parameter name "${name.text}" has a character that ${"${with.…}"} cannot hold`,
      span: name.span,
      hint: "use letters and digits",
    });
  }
  if (value.kind !== "scalar") {
    const message = `The default of parameter "${name.text}" must be a text`;
    context.collector.error("wrong-kind", { message, span: name.span });
    return { name, value: null };
  }
  // An empty pair of quotes is a default, nothing at all is none.
  const required = value.style === "plain" && ["", "~", "null"].includes(value.value);
  return { name, value: required ? null : textOf(value, context)?.text ?? "" };
}

function decodeLinks(sequence: Sequence | null, context: DecodeContext): readonly LinkDeclaration[] {
  return (sequence?.items ?? []).flatMap((item) => {
    if (item.kind === "mapping") return decodeLinkMapping(item, context);
    const ends = item.kind === "sequence" ? item.items : [];
    const [first, second] = ends.map((end) => decodeEnd(end, context));
    if (ends.length === 2 && first !== undefined && second !== undefined) {
      return first === null || second === null ? [] : [{ ends: [first, second], span: item.span }];
    }
    const found = item.kind === "sequence" ? `has ${ends.length}` : `is ${describeTree(item)}`;
    const message = `A link must be a list of two ends but ${found}`;
    context.collector.error("wrong-kind", { message, span: item.span, hint: "such as [in, tap:left]" });
    return [];
  });
}

/** `{ ends: [a, b], each: … }` */
function decodeLinkMapping(tree: Mapping, context: DecodeContext): readonly LinkDeclaration[] {
  return expand(tree, tree.span, context).flatMap((one) => {
    const fields = readFields(tree, LINK_KEYS, { owner: { what: "the link", span: tree.span }, ...one });
    const ends = fields.list("ends");
    return ends === null ? [] : decodeLinks({ kind: "sequence", items: [ends], span: tree.span }, one);
  });
}

function decodeEnd(tree: Tree, context: InterpolationContext): EndDeclaration | null {
  if (tree.kind === "scalar") {
    const word = textOf(tree, context);
    return word === null ? null : readEnd(word, context);
  }
  const key = tree.kind === "mapping" ? tree.entries[0] : undefined;
  const hint = key?.value.kind !== "scalar"
    ? null
    : key.value.value === ""
    ? `write ${key.key.value}, or ${key.key.value}:HOOK for a hook of it`
    : `write "${key.key.value}:${key.value.value}" without a blank`;
  context.collector.error("bad-end", { message: "An end is node or node:hook", span: tree.span, hint });
  return null;
}

/** Splits `node:hook`; a hook's name may contain colons. */
function readEnd(word: Interpolated, { collector }: InterpolationContext): EndDeclaration | null {
  const colon = word.text.indexOf(":");
  const node = colon === -1 ? word.text : word.text.slice(0, colon);
  const hook = colon === -1 ? null : word.text.slice(colon + 1);
  const at = (span: Span): Span => spanInInterpolated(collector.file, word, span);
  if (node === "" || hook === "") {
    const message = `End "${word.text}" lacks ${node === "" ? "a node" : "a hook"}`;
    collector.error("bad-end", { message, span: word.scalar.span, hint: "such as tap or tap:left" });
    return null;
  }
  const span = at({ start: 0, end: node.length });
  const hookSpan = hook === null ? span : at({ start: colon + 1, end: word.text.length });
  return { node, hook, span, hookSpan };
}

function textOf(scalar: Scalar | null, context: InterpolationContext): Interpolated | null {
  return scalar === null ? null : interpolate(scalar, "none", context);
}

function entriesOf(mapping: Mapping | null): readonly Entry[] {
  return mapping === null ? [] : ownEntries(mapping);
}

function nameOf(key: Scalar): Named {
  return { text: key.value, span: key.span };
}

function hasKey(tree: Tree, name: string): boolean {
  return tree.kind === "mapping" && tree.entries.some(({ key, value }) => key.value === name && !isNull(value));
}
