/**
 * A template with what one user gives for its parameters: its messages are parsed with the values, so that a bad
 * address is reported at its place and not at the first connection.
 *
 * @module
 */

import { parseText, readLiteral } from "../../ascii/parse.ts";
import { quoteText } from "../../ascii/quote.ts";
import { string } from "../../ascii/text.ts";
import type { TypeDescription } from "../../ascii/description.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Use } from "../../graph/core/command.ts";
import type { CheckedMessage, Finding } from "../../graph/core/node_type.ts";
import { substituteReferences, WITH } from "../../graph/core/reference.ts";
import { linkedNodes } from "./check_nodes.ts";
import type { TemplateDeclaration } from "../parse/declaration.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { findRelativePath } from "../../ascii/relative_path.ts";
import { parameterWord } from "../resolve/message_place.ts";
import type { ResolvedGraph, ResolvedMessage, ResolvedNode } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";
import { codeOfError, literalOf, locateError } from "../resolve/value.ts";
import { type Interpolated, spanInInterpolated } from "../parse/interpolation.ts";

/** A use of a template. */
export interface InstanceContext {
  readonly template: TemplateDeclaration;
  readonly graph: ResolvedGraph;
  readonly message: ResolvedMessage;
  readonly collector: DiagnosticCollector;
}

/** Parses the messages of a template with its parameters filled in. */
export function checkInstance(use: Extract<Use, { kind: "template" }>, context: InstanceContext): void {
  // The value of a reference is unknown before it is queried.
  if (context.message.references.length > 0) return;
  const values = new Map(context.template.parameters.flatMap(({ name, value }) => {
    const given = Object.hasOwn(use.with, name.text) ? use.with[name.text] : undefined;
    const text = given ?? value;
    return text === null ? [] : [[name.text, text]];
  }));
  const linked = linkedNodes(context.graph);
  for (const node of context.graph.nodes.values()) {
    const filled = new Map<number, CheckedMessage>();
    for (const [index, inner] of node.messages.entries()) {
      const names = inner.references.map(({ reference }) => reference);
      const known = names.every(({ node, query }) => node === WITH && values.has(query));
      const message = names.length > 0 && known ? checkMessage(inner, { ...context, values }) : null;
      if (message !== null) filled.set(index, message);
    }
    if (filled.size > 0) checkNode(node, { ...context, filled, linked: linked.has(node) });
  }
}

interface NodeContext extends InstanceContext {
  /** The messages with parameters, by index. */
  readonly filled: ReadonlyMap<number, CheckedMessage>;
  readonly linked: boolean;
}

/** Reports the type's findings about a node with its parameters, such as an address without a port. */
function checkNode({ type, hook, messages }: ResolvedNode, context: NodeContext): void {
  if (type === null || (type.hookDecides && hook === null)) return;
  const { filled, linked, template, message, collector } = context;
  const declared = messages.map(({ checked }) => checked);
  const facts = { hook, linked, inTemplate: true };
  const known = new Set(type.check({ ...facts, messages: declared }).map(keyOf));
  const found = type.check({ ...facts, messages: declared.map((one, index) => filled.get(index) ?? one) });
  for (const finding of found) {
    const inner = messages[finding.messageIndex ?? -1];
    if (inner === undefined || !filled.has(finding.messageIndex ?? -1) || known.has(keyOf(finding))) continue;
    const name = inner.references[0]?.reference.query ?? "";
    const place = inner.references[0]?.span ?? inner.declaration.span;
    collector.add(finding.code, finding.severity, {
      message: finding.message,
      span: parameterWord(message, name)?.scalar.span ?? message.declaration.span,
      hint: finding.hint,
      related: [{ message: `parameter "${name}" of template "${template.name.text}" is used here`, span: place }],
    });
  }
}

function keyOf({ code, messageIndex }: Finding): string {
  return `${code} ${messageIndex}`;
}

interface MessageContext extends InstanceContext {
  readonly values: ReadonlyMap<string, string>;
}

/** Parses a message with its parameters filled in; null if that is not possible, which is reported. */
function checkMessage(inner: ResolvedMessage, context: MessageContext): CheckedMessage | null {
  const type = inner.command?.args ?? null;
  const { argument } = inner.declaration;
  if (type === null || (argument.kind !== "literal" && argument.kind !== "ascii")) return null;
  const fill = (text: string): string => substituteReferences(text, ({ query }) => context.values.get(query) ?? "");
  // A word in the text that is sent to the copy: quoted if the type expects a string.
  const put = (word: Interpolated, description: TypeDescription | null): string => {
    return description?.kind === "string" ? parseText(string, fill(quoteText(word.expression))) : fill(word.expression);
  };
  try {
    const value = argument.kind === "ascii"
      ? parseText(type, fill(argument.word.expression))
      : readLiteral(type, literalOf(argument.value, put, type.description));
    reportRelativePath(findRelativePath(type.format(value), type.description), inner, context);
    return { command: inner.state.command, args: value };
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    for (const one of error.all) {
      const word = argument.kind === "ascii"
        ? argument.word
        : locateError(context.collector.file, argument.value, one).word;
      reportError(one, { ...context, inner, word, type });
    }
    return null;
  }
}

/** A path in a parameter may be for any template, so it is not made absolute. */
function reportRelativePath(
  path: string | null,
  inner: ResolvedMessage,
  { message, collector, template }: MessageContext,
): void {
  if (path === null) return;
  const name = inner.references[0]?.reference.query ?? "";
  collector.error("no-base-directory", {
    message: `Path "${path}" for parameter "${name}" of template "${template.name.text}" is relative`,
    span: parameterWord(message, name)?.scalar.span ?? message.declaration.span,
    hint: "write the whole path",
  });
}

interface ErrorContext extends MessageContext {
  readonly inner: ResolvedMessage;
  /** The word of the template with the reference, if it is one. */
  readonly word: Interpolated | null;
  readonly type: AsciiType<unknown>;
}

function reportError(error: AsciiError, context: ErrorContext): void {
  const { inner, word, type, template, message, collector } = context;
  const name = word?.references[0]?.query ?? inner.references[0]?.reference.query ?? "";
  const given = parameterWord(message, name);
  // Offsets are meaningful only if the parameter is the whole word.
  const whole = word !== null && word.references[0]?.end === word.expression.length && word.references[0].start === 0;
  const part = whole && given !== null ? { start: error.offset, end: error.offset + error.length } : null;
  const span = given === null
    ? message.declaration.span
    : part === null
    ? given.scalar.span
    : spanOf(given, part, context);
  const place = inner.references[0]?.span ?? inner.declaration.span;
  collector.error(codeOfError(error, type.description), {
    message: error.message,
    span,
    // The suggestion is for the whole word, of which the parameter is only a part.
    hint: !whole && /^write \d/.test(error.hint ?? "") ? null : error.hint,
    related: [{ message: `parameter "${name}" of template "${template.name.text}" is used here`, span: place }],
  });
}

function spanOf(word: Interpolated, part: Span, { collector }: ErrorContext): Span {
  return spanInInterpolated(collector.file, word, part);
}
