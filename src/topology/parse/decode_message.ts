/**
 * Messages in all their forms, and their arguments as values with parsed words.
 *
 * @module
 */

import { listNames } from "../../ascii/near.ts";
import type { Argument, MessageDeclaration, Value, ValueField } from "./declaration.ts";
import { ownEntries } from "./fields.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Sequence, type Tree } from "./tree.ts";
import {
  interpolate,
  type InterpolationContext,
  type ReferenceScope,
  sliceInterpolated,
  spanInInterpolated,
} from "./interpolation.ts";

/** The place of messages. */
export interface MessageContext {
  readonly context: InterpolationContext;
  readonly inTemplate: boolean;
}

/** Reads a list of messages; an invalid one is reported and omitted. */
export function decodeMessages(sequence: Sequence, context: MessageContext): readonly MessageDeclaration[] {
  return sequence.items.flatMap((item) => decodeMessage(item, context) ?? []);
}

function decodeMessage(tree: Tree, context: MessageContext): MessageDeclaration | null {
  if (isNull(tree)) return refuse(tree, "A message is empty", context);
  switch (tree.kind) {
    case "scalar":
      return decodeText(tree, context);
    case "mapping":
      return decodeMapping(tree, context);
    case "sequence":
      return refuse(tree, "A message is a text or a mapping but this is a list", context);
  }
}

/** `bind inet/127.0.0.1:80`: as typed in ngctl. */
function decodeText(scalar: Scalar, { context, inTemplate }: MessageContext): MessageDeclaration | null {
  const { file } = context.collector;
  const word = interpolate(scalar, scopeOf(inTemplate), context);
  if (word === null) return null;
  const [, blanks = "", command = ""] = /^(\s*)(\S*)/.exec(word.text) ?? [];
  const end = blanks.length + command.length;
  const rest = /^\s*/.exec(word.text.slice(end))?.[0].length ?? 0;
  const argument = sliceInterpolated(word, end + rest);
  return {
    command: { text: command, span: spanInInterpolated(file, word, { start: blanks.length, end }) },
    argument: argument.text === "" ? { kind: "none" } : { kind: "ascii", word: argument },
    span: scalar.span,
  };
}

function decodeMapping(mapping: Mapping, context: MessageContext): MessageDeclaration | null {
  const entries = ownEntries(mapping);
  const [entry, second] = entries;
  if (entry === undefined) return refuse(mapping, "A message is empty", context);
  if (second !== undefined) {
    const { collector } = context.context;
    collector.error("wrong-kind", {
      message: `A message must have one command but has ${entries.length}: ${
        listNames(entries.map(({ key }) => key.value))
      }`,
      span: second.key.span,
      hint: "put each into a list item of its own",
    });
    return null;
  }
  return decodeCommand(entry, context);
}

function decodeCommand({ key, value }: Entry, context: MessageContext): MessageDeclaration {
  const span = { start: key.span.start, end: Math.max(key.span.end, value.span.end) };
  return { command: { text: key.value, span: key.span }, argument: decodeArgument(value, context), span };
}

function decodeArgument(tree: Tree, context: MessageContext): Argument {
  if (isNull(tree)) return { kind: "none" };
  const value = decodeValue(tree, context);
  return value === null ? { kind: "broken" } : { kind: "literal", value };
}

/** A value; null when a part of it is wrong, which is reported. */
function decodeValue(tree: Tree, context: MessageContext): Value | null {
  const { span } = tree;
  if (isNull(tree)) return { kind: "none", span };
  switch (tree.kind) {
    case "scalar": {
      const word = interpolate(tree, scopeOf(context.inTemplate), context.context);
      return word === null ? null : { kind: "word", word, span };
    }
    case "mapping": {
      const fields = tree.entries.map((entry) => decodeField(entry, context));
      return fields.includes(null) ? null : { kind: "struct", fields: present(fields), span };
    }
    case "sequence": {
      const elements = tree.items.map((item) => decodeValue(item, context));
      return elements.includes(null) ? null : { kind: "array", elements: present(elements), span };
    }
  }
}

function decodeField({ key, value }: Entry, context: MessageContext): ValueField | null {
  const ascii = /^([A-Za-z]\w*)[=:](.+)$/.exec(key.value);
  if (ascii !== null && isNull(value)) {
    // `{ level=0xffff }` is, in YAML, a key "level=0xffff" without value, and `{peer:echo}` for a key "peer:echo".
    const [, name = "", text = ""] = ascii;
    context.context.collector.error("yaml-quotes", {
      message: `"${key.value}" in { } is one key to YAML`,
      span: key.span,
      hint: `write ${name}: ${text}, or put the whole { … } in quotes`,
    });
    return null;
  }
  const read = decodeValue(value, context);
  return read === null ? null : { name: { text: key.value, span: key.span }, value: read };
}

function present<T>(values: readonly (T | null)[]): readonly T[] {
  return values.filter((value): value is T => value !== null);
}

function scopeOf(inTemplate: boolean): ReferenceScope {
  return inTemplate ? "template" : "replies";
}

function refuse(tree: Tree, message: string, { context }: MessageContext): null {
  const hint = `such as getname or bind: …; found ${describeTree(tree)}`;
  context.collector.error("wrong-kind", { message, span: tree.span, hint });
  return null;
}
