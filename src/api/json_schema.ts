/**
 * The words of JSON Schema that our descriptions are made of.
 *
 * @module
 */

/** A schema as plain data. */
export type Schema = Readonly<Record<string, unknown>>;

/** Fields by name; `?` at the end of a name says that it may be absent. */
export type Properties = Readonly<Record<string, Schema>>;

/** An object with these fields and no others. */
export function record(properties: Properties, description?: string): Schema {
  const entries = Object.entries(properties);
  const required = entries.map(([name]) => name).filter((name) => !name.endsWith("?"));
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ""), schema])),
    required,
    additionalProperties: false,
  };
}

/** An object whose fields have any names. */
export const mapOf = (schema: Schema, description?: string): Schema => ({
  type: "object",
  ...(description === undefined ? {} : { description }),
  additionalProperties: schema,
});
/** Any number of something. */
export const list = (items: Schema, description?: string): Schema => ({
  type: "array",
  ...(description === undefined ? {} : { description }),
  items,
});
/** A text. */
export const text = (description: string): Schema => ({ type: "string", description });
/** A text, or null. */
export const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });
/** A whole number from 0. */
export const count = (description: string): Schema => ({ type: "integer", minimum: 0, description });
/** A number with places behind the point, such as a time. */
export const measure = (description: string): Schema => ({ type: "number", minimum: 0, description });
/** True or false. */
export const flag = (description: string): Schema => ({ type: "boolean", description });
/** One of these words. */
export const word = (...words: readonly string[]): Schema => ({ type: "string", enum: words });
/** Something, or null. */
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
/** A description that has a name. */
export const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
/** One of several records, told apart by their `kind`. */
export function kinds(all: Readonly<Record<string, Properties>>, common: Properties = {}): Schema {
  return {
    anyOf: Object.entries(all).map(([kind, fields]) => record({ ...common, kind: { const: kind }, ...fields })),
  };
}
