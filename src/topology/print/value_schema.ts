/**
 * The JSON Schema of an argument's value. Every value may also be a text: an expression, or its ASCII form.
 *
 * @module
 */

import type { FieldDescription, TypeDescription, ValueFacts } from "../../ascii/description.ts";

/** A JSON Schema, draft 2020-12, as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

const EXPRESSION: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** The schema of a value of this type. */
export function valueSchema(description: TypeDescription): JsonSchema {
  switch (description.kind) {
    case "integer":
      return integerSchema(description);
    case "boolean":
      return { anyOf: [{ type: "boolean" }, { enum: [0, 1, "true", "false"] }, EXPRESSION] };
    case "enum":
      return { anyOf: [{ enum: description.words }, { type: "integer" }, EXPRESSION] };
    case "string":
      return { type: ["string", "number", "boolean"] };
    case "duration":
      return measureSchema("^[0-9]+(ms|s|m|h)?$", ["5s", "250ms"]);
    case "size":
      return measureSchema("^[0-9]+", ["64KiB", "1MiB"]);
    case "struct":
      return structSchema(description.fields);
    case "array":
      return { anyOf: [{ type: "array", items: valueSchema(description.element) }, asciiSchema("[")] };
    case "dictionary":
      return { anyOf: [{ type: "object", additionalProperties: valueSchema(description.element) }, asciiSchema("{")] };
    case "octets":
      return { anyOf: [{ type: "array", items: { type: ["integer", "string"] } }, { type: "string" }] };
    case "named":
      return namedSchema(description);
  }
}

/** A grammar that only the loader reads; fields and words are for completion in editors. */
function namedSchema({ examples, keys, words }: Extract<TypeDescription, { kind: "named" }>): JsonSchema {
  const any = { examples, not: { type: "null" } };
  if (words !== undefined) return { anyOf: [{ enum: words.map(({ name }) => name) }, any] };
  if (keys === undefined) return any;
  return { ...any, properties: Object.fromEntries(keys.map(({ name, summary }) => [name, { description: summary }])) };
}

/** The description and the default of a value. */
export function factsSchema(facts: ValueFacts, type: TypeDescription | null): JsonSchema {
  const { summary, unit, default: value, defaultNote } = facts;
  const usual = [value, defaultNote].filter((part) => part !== null);
  const notes = [unit, usual.length === 0 ? null : `default: ${usual.join(", ")}`].filter((note) => note !== null);
  const text = [summary, notes.length === 0 ? null : `(${notes.join("; ")})`].filter((part) => part !== null).join(" ");
  return {
    ...(text === "" ? {} : { description: text }),
    ...(value === null || type === null ? {} : defaultSchema(value, type)),
  };
}

/** A default as JSON, of types whose text is one word. */
function defaultSchema(text: string, type: TypeDescription): JsonSchema {
  switch (type.kind) {
    case "integer":
      return Number.isSafeInteger(Number(text)) ? { default: Number(text) } : {};
    case "boolean":
      return { default: text === "true" || text === "1" };
    case "enum":
    case "duration":
    case "size":
      return { default: text };
    default:
      return {};
  }
}

function integerSchema({ bits, signed, range }: Extract<TypeDescription, { kind: "integer" }>): JsonSchema {
  const top = 2 ** (signed ? bits - 1 : bits);
  // Beyond 53 bits a JSON number is not exact: the loader checks those.
  const width = bits === 64 ? {} : { minimum: signed ? -top : 0, maximum: top - 1 };
  const limits = range === undefined ? width : { minimum: range.min, maximum: range.max };
  const text = { type: "string", pattern: "^[+-]?(0x[0-9a-fA-F]+|[0-9]+)$" };
  return { anyOf: [{ type: "integer", ...limits }, text, EXPRESSION] };
}

function measureSchema(pattern: string, examples: readonly string[]): JsonSchema {
  return { anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern, examples }, EXPRESSION] };
}

function structSchema(fields: readonly FieldDescription[]): JsonSchema {
  const required = fields.filter((field) => field.required).map((field) => field.name);
  const properties = fields.map((
    field,
  ) => [field.name, { ...valueSchema(field.type), ...factsSchema(field, field.type) }]);
  const object = {
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
  return { anyOf: [object, asciiSchema("{")] };
}

function asciiSchema(opening: string): JsonSchema {
  return { type: "string", pattern: `^\\s*\\${opening}|\\$\\{` };
}
