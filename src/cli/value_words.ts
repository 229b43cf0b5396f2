/**
 * A message's argument as rows: its fields, each with its meaning, type, unit and default. `types` and docs/defaults.md
 * show the same rows.
 *
 * @module
 */

import type { FieldDescription, TypeDescription, ValueFacts } from "../ascii/description.ts";
import type { Command } from "../graph/core/command.ts";

/** One possible value. */
export interface ValueRow {
  /** The field, a field of a field as `downstream.loss`; {@linkcode ARGUMENT} where the argument has no fields. */
  readonly name: string;
  /** Its meaning. */
  readonly summary: string;
  /** Such as `number (bit/s)`. */
  readonly type: string;
  /** The presence of the argument in the message; null for an argument without fields. */
  readonly presence: "required" | "optional" | null;
  /** Such as `5s`, `no limit`; empty if there is no default. */
  readonly default: string;
}

/** Used for an argument without fields. */
export const ARGUMENT = "ARGUMENT";

/** The placeholder of a command's argument in a call: its own, or {@linkcode ARGUMENT}. */
export function placeholderOf({ argument }: Command<unknown, unknown>): string {
  return argument?.placeholder ?? ARGUMENT;
}

/** All values of a command's argument, in order; empty if it has no argument. */
export function valueRows(command: Command<unknown, unknown>): readonly ValueRow[] {
  const { args, argument } = command;
  if (args === null) return [];
  const { description } = args;
  if (description.kind === "struct") return fieldRows(description.fields, "");
  const facts = { unit: null, default: null, defaultNote: null, summary: null, ...argument };
  return [{
    name: ARGUMENT,
    summary: facts.summary ?? "",
    type: typeWords(description, facts.unit),
    presence: null,
    default: defaultWords(facts),
  }];
}

function fieldRows(fields: readonly FieldDescription[], prefix: string): readonly ValueRow[] {
  return fields.flatMap((field, index) => {
    const { name, type, required, summary, unit } = field;
    const same = fields.slice(0, index).find((before) => before.type === type && type.kind === "struct");
    const own: ValueRow = {
      name: prefix + name,
      summary: summary ?? "",
      type: same === undefined ? typeWords(type, unit) : `as ${same.name}`,
      presence: required ? "required" : "optional",
      default: type.kind === "struct" ? "" : defaultWords(field),
    };
    return type.kind === "struct" && same === undefined ? [own, ...fieldRows(type.fields, `${prefix}${name}.`)] : [
      own,
      ...elementRows(type, `${prefix}${name}`),
    ];
  });
}

/** The fields of a list's elements. */
function elementRows(type: TypeDescription, name: string): readonly ValueRow[] {
  if (type.kind !== "array" || type.element.kind !== "struct") return [];
  return fieldRows(type.element.fields, `${name}[].`);
}

function defaultWords({ default: value, defaultNote }: ValueFacts): string {
  if (value === null) return defaultNote ?? "";
  return defaultNote === null ? value : `${value} (${defaultNote})`;
}

/** A type in few words: `number (bit/s)`, `0…100 (%)`, `stale or never`, `inet/127.0.0.1:8080`. */
export function typeWords(type: TypeDescription, unit: string | null): string {
  const words = plainWords(type);
  return unit === null ? words : `${words} (${unit})`;
}

function plainWords(type: TypeDescription): string {
  switch (type.kind) {
    case "integer":
      return type.range === undefined ? "number" : `${type.range.min}…${type.range.max}`;
    case "boolean":
      return type.bits === 32 ? "1 or 0" : "true or false";
    case "enum":
      return listed(type.words);
    case "string":
      return "text";
    case "duration":
      return "duration";
    case "size":
      return "size";
    case "octets":
      return "list of bytes";
    case "named":
      return `such as ${type.examples[0] ?? type.name}`;
    case "array":
      return `list of ${type.element.kind === "struct" ? "structs" : elementWords(type.element)}`;
    case "dictionary":
      return "values by name";
    case "struct":
      return "struct";
  }
}

function elementWords(type: TypeDescription): string {
  if (type.kind === "named") return `${type.name}s, ${plainWords(type)}`;
  return type.kind === "integer" ? "numbers" : `${plainWords(type)}s`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
