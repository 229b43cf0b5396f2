/**
 * A message's argument, parsed by its command's type: canonical ASCII text for the state, and the value for the checks.
 *
 * An argument that refers to replies has no value yet. It is kept as written, and checked with samples in place of the
 * replies.
 *
 * @module
 */

import { formatLiteral, parseText, readLiteral } from "../../ascii/parse.ts";
import type { TypeDescription } from "../../ascii/description.ts";
import { AsciiError } from "../../ascii/error.ts";
import { absolutePaths, findRelativePath } from "../../ascii/relative_path.ts";
import type { AsciiType } from "../../ascii/type.ts";
import { NetgraphError } from "../../errors.ts";
import type { Command, CommandTable } from "../../graph/core/command.ts";
import { escapeReferences } from "../../graph/core/reference.ts";
import type { MessageDeclaration, Value } from "../parse/declaration.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { partAt, type Span } from "../parse/source.ts";
import { listOfTargets, unknownWord } from "../parse/foreign_words.ts";
import { codeOfError, literalOf, locateError, placeInWord, referencesOf, sampleText, wordsOf } from "./value.ts";
import { type Interpolated, type PlacedReference, placedReferences } from "../parse/interpolation.ts";

/** A parsed argument. */
export interface ReadArgument {
  /** Its text in the state. */
  readonly text: string | null;
  /** Its value; null if there is none, undefined if it is not known yet. */
  readonly value: unknown;
  /** Its value, or one with samples for replies; undefined if even that is unknown. */
  readonly sample: unknown;
  readonly references: readonly PlacedReference[];
}

/** The input of parsing an argument. */
export interface ArgumentContext {
  readonly collector: DiagnosticCollector;
  /** The folder for relative paths; null: they are rejected. */
  readonly baseDirectory: string | null;
}

/** The same, for a message of one type. */
export interface MessageArgumentContext extends ArgumentContext {
  /** The type's commands, for advice: a field may be another message's. */
  readonly commands: CommandTable;
}

const NOTHING: ReadArgument = { text: null, value: null, sample: null, references: [] };

/** Parses the argument of a message; null if it is wrong, which is reported. */
export function readArgument(
  message: MessageDeclaration,
  command: Command<unknown, unknown>,
  context: MessageArgumentContext,
): ReadArgument | null {
  const { argument } = message;
  const { args } = command;
  if (argument.kind === "broken") return null;
  if (argument.kind === "none") {
    return args === null || command.argsOptional === true ? NOTHING : reportMissing(message, args, context);
  }
  if (args === null) {
    const span = argument.kind === "ascii" ? argument.word.scalar.span : argument.value.span;
    const hint = `write ${message.command.text} alone`;
    context.collector.error("unexpected-argument", {
      message: `Message "${message.command.text}" accepts no argument`,
      span,
      hint,
    });
    return null;
  }
  try {
    const read = argument.kind === "ascii"
      ? readAscii(argument.word, args, context)
      : readValue(argument.value, args, context);
    return read === null ? null : withAbsolutePaths(read, args, { span: message.span, ...context });
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    for (const one of error instanceof AsciiError ? error.all : [error]) {
      reportError(message, one, { description: args.description, ...context });
    }
    return null;
  }
}

/** The argument with its relative paths made absolute; null if they cannot be, which is reported. */
function withAbsolutePaths(
  read: ReadArgument,
  type: AsciiType<unknown>,
  { span, collector, baseDirectory }: ArgumentContext & { readonly span: Span },
): ReadArgument | null {
  if (read.text === null) return read;
  const folder = partAt(collector.file, span.start)?.directory ?? baseDirectory;
  if (folder === null) {
    const refused = findRelativePath(read.text, type.description);
    if (refused === null) return read;
    const message = `Path "${refused}" is relative, and this text has no folder`;
    collector.error("no-base-directory", { message, span, hint: "write the whole path" });
    return null;
  }
  const text = absolutePaths(read.text, type.description, folder);
  if (text === read.text) return read;
  const value = read.value === undefined ? undefined : parseText(type, text);
  return { ...read, text, value, sample: value ?? read.sample };
}

function readAscii(
  word: Interpolated,
  type: AsciiType<unknown>,
  { collector: { file } }: ArgumentContext,
): ReadArgument {
  if (word.references.length === 0) return known(type, parseText(type, word.text));
  const references = placedReferences(file, word);
  return {
    text: word.expression,
    value: undefined,
    sample: trySample(() => parseText(type, sampleText(word, null))),
    references,
  };
}

function readValue(value: Value, type: AsciiType<unknown>, { collector: { file } }: ArgumentContext): ReadArgument {
  const { description } = type;
  if (wordsOf(value).every((word) => word.references.length === 0)) {
    return known(type, readLiteral(type, literalOf(value, (word) => word.text)));
  }
  const text = formatLiteral(description, literalOf(value, (word) => word.expression));
  const references = referencesOf(file, value);
  const literal = literalOf(value, sampleText, description);
  const read = (): unknown => readLiteral(type, literal);
  const excuse = (error: AsciiError): boolean => {
    const { word } = locateError(file, value, error);
    return word !== null && word.references.length > 0;
  };
  return { text, value: undefined, sample: trySample(read, excuse), references };
}

function known(type: AsciiType<unknown>, value: unknown): ReadArgument {
  return { text: escapeReferences(type.format(value)), value, sample: value, references: [] };
}

/** A value with samples; errors of the samples themselves are ignored. */
function trySample(read: () => unknown, excuse: (error: AsciiError) => boolean = () => true): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const [first, ...others] = error.all.filter((one) => !excuse(one));
    if (first === undefined) return undefined;
    throw first.and(others);
  }
}

function reportMissing(message: MessageDeclaration, args: AsciiType<unknown>, { collector }: ArgumentContext): null {
  const { text, span } = message.command;
  const example = exampleOf(args.description);
  const hint = example === null ? null : `such as ${text}: ${example}`;
  collector.error("missing-argument", { message: `Message "${text}" lacks its argument`, span, hint });
  return null;
}

function exampleOf(description: TypeDescription): string | null {
  switch (description.kind) {
    case "named":
      return yamlExample(description.examples[0]);
    case "enum":
      return description.words[0] ?? null;
    case "integer":
      return "128";
    case "struct":
      return `{ ${description.fields.map((field) => `${field.name}: …`).slice(0, 2).join(", ")} }`;
    default:
      return null;
  }
}

/** `{ SO_REUSEADDR=1 }` as YAML reads it. */
function yamlExample(example: string | undefined): string | null {
  return example?.replace(/^\{ (\w+)=([\w.]+) \}$/, "{ $1: $2 }") ?? null;
}

interface ReportErrorOptions {
  readonly description: TypeDescription;
  readonly collector: DiagnosticCollector;
  readonly commands: CommandTable;
}

function reportError(message: MessageDeclaration, error: NetgraphError, options: ReportErrorOptions): void {
  const { description, collector, commands } = options;
  const { argument } = message;
  if (!(error instanceof AsciiError) || argument.kind === "none" || argument.kind === "broken") {
    collector.error("bad-argument", { message: error.message, span: message.span });
    return;
  }
  const span = argument.kind === "ascii"
    ? placeInWord(collector.file, argument.word, error)
    : locateError(collector.file, argument.value, error).span;
  const code = codeOfError(error, description);
  const words = variableWords(collector.file.text.slice(span.start, span.end)) ??
    otherMessageWords(error, { message, commands }) ??
    partWords(error, { argument, description }) ?? structWords(argument, description);
  const { message: said, hint } = words ?? { message: null, hint: error.hint };
  collector.error(said === null ? code : "not-supported", { message: said ?? error.message, span, hint });
}

/** `$PORT`, which is text. */
function variableWords(text: string): { readonly message: null; readonly hint: string } | null {
  const [whole, name] = /(?<!\$)\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text) ?? [];
  return whole === undefined ? null : { message: null, hint: `write \${${name}} for the variable of the environment` };
}

/** A field or an option that belongs to another message of the type. */
function otherMessageWords(
  error: AsciiError,
  { message: { command, argument }, commands }: {
    readonly message: MessageDeclaration;
    readonly commands: CommandTable;
  },
): { readonly message: null; readonly hint: string } | null {
  const [name, ...rest] = error.path;
  if (error.code !== "ENOENT" || typeof name !== "string" || rest.length > 0 || argument.kind !== "literal") {
    return null;
  }
  const other = Object.entries(commands).find(([one, { kind, args }]) => {
    return one !== command.text && kind === "setting" && args !== null && hasField(args.description, name);
  });
  if (other === undefined) return null;
  const given = argument.value.kind === "struct"
    ? argument.value.fields.find((one) => one.name.text === name)
    : undefined;
  const value = given?.value.kind === "word" ? given.value.word.text : "…";
  return { message: null, hint: `it belongs to another message: - ${other[0]}: { ${name}: ${value} }` };
}

function hasField(description: TypeDescription, name: string): boolean {
  if (description.kind === "struct") return description.fields.some((field) => field.name === name);
  return description.kind === "named" && description.keys?.some((key) => key.name === name) === true;
}

/** `accept: inet/127.0.0.1:80`: a word where a struct is expected. */
function structWords(
  argument: MessageDeclaration["argument"],
  description: TypeDescription,
): { readonly message: null; readonly hint: string } | null {
  if (argument.kind !== "literal" || argument.value.kind !== "word" || description.kind !== "struct") return null;
  const { text } = argument.value.word;
  const address = description.fields.find(({ type }) => type.kind === "named" && /addr/i.test(type.name));
  return /^(inet6?|local)\//.test(text) && address !== undefined
    ? { message: null, hint: `write { ${address.name}: ${text} }` }
    : { message: null, hint: `such as ${exampleOf(description)}` };
}

/** The message for an unknown field or for one that will accept a list; null for other problems. */
function partWords(
  error: AsciiError,
  { argument, description }: {
    readonly argument: MessageDeclaration["argument"];
    readonly description: TypeDescription;
  },
): { readonly message: string | null; readonly hint: string | null } | null {
  const [name, ...rest] = error.path;
  if (argument.kind !== "literal" || typeof name !== "string" || rest.length > 0) return null;
  if (argument.value.kind !== "struct" || description.kind !== "struct") return null;
  const known = description.fields.map((field) => field.name);
  if (!known.includes(name)) return unknownWord(name, { known });
  const field = argument.value.fields.find((one) => one.name.text === name);
  return field?.value.kind === "array" && field.value.elements.length > 0 ? listOfTargets(name) : null;
}
