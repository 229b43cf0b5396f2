/**
 * A template with what one user gives for its parameters: its messages are read as they will be, so that a bad address
 * is told where it is written and not when the first connection comes.
 *
 * @module
 */

import { parseText, readLiteral } from "../ascii/parse.ts";
import { quoteText } from "../ascii/quote.ts";
import { string } from "../ascii/text.ts";
import type { TypeDescription } from "../ascii/description.ts";
import { AsciiError } from "../ascii/error.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { Use } from "../graph/command.ts";
import { substituteReferences, WITH } from "../graph/reference.ts";
import type { TemplateDeclaration } from "./declaration.ts";
import type { DiagnosticCollector } from "./diagnostic.ts";
import { findRelativePath } from "./local_path.ts";
import { parameterWord } from "./message_place.ts";
import type { ResolvedGraph, ResolvedMessage } from "./resolved.ts";
import type { Span } from "./source.ts";
import { codeOfError, literalOf, locateError } from "./value.ts";
import { spanInWord, type Word } from "./word.ts";

/** Who uses which template. */
export interface InstanceContext {
  readonly template: TemplateDeclaration;
  readonly graph: ResolvedGraph;
  readonly message: ResolvedMessage;
  readonly collector: DiagnosticCollector;
}

/** Reads the messages of a template with its parameters put in. */
export function checkInstance(use: Extract<Use, { kind: "template" }>, context: InstanceContext): void {
  // What the user refers to is not known before it has been asked.
  if (context.message.references.length > 0) return;
  const values = new Map(context.template.parameters.flatMap(({ name, value }) => {
    const given = Object.hasOwn(use.with, name.text) ? use.with[name.text] : undefined;
    const text = given ?? value;
    return text === null ? [] : [[name.text, text]];
  }));
  for (const inner of [...context.graph.nodes.values()].flatMap((node) => node.messages)) {
    const names = inner.references.map(({ reference }) => reference);
    const known = names.every(({ node, query }) => node === WITH && values.has(query));
    if (names.length > 0 && known) checkMessage(inner, { ...context, values });
  }
}

interface MessageContext extends InstanceContext {
  readonly values: ReadonlyMap<string, string>;
}

function checkMessage(inner: ResolvedMessage, context: MessageContext): void {
  const type = inner.command?.args ?? null;
  const { argument } = inner.declaration;
  if (type === null || (argument.kind !== "literal" && argument.kind !== "ascii")) return;
  const fill = (text: string): string => substituteReferences(text, ({ query }) => context.values.get(query) ?? "");
  // What a word is in the text that the copy is sent: quoted where the type wants a string.
  const put = (word: Word, description: TypeDescription | null): string => {
    return description?.kind === "string" ? parseText(string, fill(quoteText(word.expression))) : fill(word.expression);
  };
  try {
    const value = argument.kind === "ascii"
      ? parseText(type, fill(argument.word.expression))
      : readLiteral(type, literalOf(argument.value, put, type.description));
    tellRelativePath(type.format(value), inner, context);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const word = argument.kind === "ascii"
      ? argument.word
      : locateError(context.collector.file, argument.value, error).word;
    tellError(error, { ...context, inner, word, type });
  }
}

/** A path that comes by parameter may be meant for any template, so no folder is put before it. */
function tellRelativePath(
  text: string,
  inner: ResolvedMessage,
  { message, collector, template }: MessageContext,
): void {
  const path = findRelativePath(text);
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
  /** The word of the template that holds the reference, where it is one. */
  readonly word: Word | null;
  readonly type: AsciiType<unknown>;
}

function tellError(error: AsciiError, context: ErrorContext): void {
  const { inner, word, type, template, message, collector } = context;
  const name = word?.references[0]?.query ?? inner.references[0]?.reference.query ?? "";
  const given = parameterWord(message, name);
  // Offsets tell something only where the parameter is all of the word.
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
    within: given === null ? null : given.scalar.span,
    hint: error.hint,
    related: [{ message: `parameter "${name}" of template "${template.name.text}" is used here`, span: place }],
  });
}

function spanOf(word: Word, part: Span, { collector }: ErrorContext): Span {
  return spanInWord(collector.file, word, part);
}
