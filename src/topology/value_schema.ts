/**
 * The JSON Schema of an argument's value. Every value may also be a text: an expression, or its ASCII form.
 *
 * @module
 */

import type { FieldDescription, TypeDescription } from "../ascii/description.ts";

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
      return { examples: description.examples, not: { type: "null" } };
  }
}

function integerSchema({ bits, signed }: Extract<TypeDescription, { kind: "integer" }>): JsonSchema {
  const top = 2 ** (signed ? bits - 1 : bits);
  // Beyond 53 bits a JSON number is not exact: the loader checks those.
  const range = bits === 64 ? {} : { minimum: signed ? -top : 0, maximum: top - 1 };
  const text = { type: "string", pattern: "^[+-]?(0x[0-9a-fA-F]+|[0-9]+)$" };
  return { anyOf: [{ type: "integer", ...range }, text, EXPRESSION] };
}

function measureSchema(pattern: string, examples: readonly string[]): JsonSchema {
  return { anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern, examples }, EXPRESSION] };
}

function structSchema(fields: readonly FieldDescription[]): JsonSchema {
  const required = fields.filter((field) => field.required).map((field) => field.name);
  const properties = fields.map(({ name, type, summary }) => {
    return [name, { ...valueSchema(type), ...(summary === null ? {} : { description: summary }) }];
  });
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
