/**
 * The shapes of what crosses the control socket. One description of a shape checks and decodes JSON, and prints the JSON
 * Schema that the OpenAPI description shows.
 *
 * A field that is null counts as absent, unless its shape accepts null.
 *
 * @module
 */

import { runSync, type Task } from "../cooperative.ts";
import { Fields, wrong } from "./fields.ts";

/** A JSON Schema as plain data. */
export type Schema = Readonly<Record<string, unknown>>;

/** Collects the schemas with a name. */
export interface References {
  /** Prints a schema once, and returns a reference to it. */
  refer(name: string, print: (references: References) => Schema): Schema;
}

/** How many items of a list are decoded between two pauses. */
const BATCH = 64;

interface Description<T> {
  /**
   * Checks a value.
   *
   * @param at its place, such as `topologies[0].state`
   * @throws MalformedError with the place of what does not fit
   */
  decode(value: unknown, at: string): T;
  /** The same with pauses, for what may be long. */
  readonly decodeInPieces?: (value: unknown, at: string) => Task<T>;
  /** Prints the JSON Schema. */
  schema(references: References): Schema;
}

/** The description of a value. */
export interface Shape<T> extends Description<T> {
  /** The value of an absent field, and whether the schema requires the field anyway. */
  readonly absent?: { readonly value: T; readonly required?: boolean };
}

/** The description of a field that an object may lack. */
export interface OptionalShape<T> extends Description<T> {
  readonly absent: "omitted";
}

/** The shapes of an object's fields. */
export type ShapesOf<T extends object> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalShape<Exclude<T[K], undefined>> | Shape<Exclude<T[K], undefined>>
    : Shape<T[K]>;
};

/** An object whose fields are checked only by their schema, such as an answer of the engine. */
export type Loose = Readonly<Record<string, unknown>>;

/** Shapes by field. */
export type LooseShapes = Readonly<Record<string, Shape<unknown> | OptionalShape<unknown>>>;

/** An object with these fields and no others. */
export function record<T extends object>(shapes: ShapesOf<T>, description?: string): Shape<T> {
  return recordOf(shapes, description);
}

/** The same without a type of its own. */
export function looseRecord(shapes: LooseShapes, description?: string): Shape<Loose> {
  return recordOf(shapes, description);
}

function recordOf<T>(shapes: object, description: string | undefined): Shape<T> {
  const all: readonly (readonly [string, Field])[] = Object.entries(shapes);
  const names = all.map(([name]) => name);
  const isLong = all.some(([, { decodeInPieces }]) => decodeInPieces !== undefined);
  const schema = (references: References) => ({
    type: "object",
    ...described(description),
    properties: Object.fromEntries(all.map(([name, shape]) => [name, shape.schema(references)])),
    required: all.filter(([, { absent }]) => isRequired(absent)).map(([name]) => name),
    additionalProperties: false,
  });
  if (isLong) return { ...inPieces((value, at) => decodeLong(new Fields(value, at, names), all)), schema };
  return {
    schema,
    decode(value, at) {
      const fields = new Fields(value, at, names);
      return Object.fromEntries(all.flatMap(([name, shape]): (readonly unknown[])[] => {
        if (isThere(fields, name, shape)) return [[name, fields.value(name, shape.decode)]];
        return absentField(name, shape);
      }));
    },
  };
}

type Field = Shape<unknown> | OptionalShape<unknown>;

function* decodeLong<T>(fields: Fields, all: readonly (readonly [string, Field])[]): Task<T> {
  const entries: (readonly unknown[])[] = [];
  for (const [name, shape] of all) {
    if (!isThere(fields, name, shape)) entries.push(...absentField(name, shape));
    else entries.push([name, yield* fields.value(name, (value, at) => decodePieces(shape, value, at))]);
  }
  return Object.fromEntries(entries);
}

function isThere(fields: Fields, name: string, { absent }: Field): boolean {
  return absent === undefined || fields.has(name);
}

function absentField(name: string, { absent }: Field): (readonly unknown[])[] {
  return absent === undefined || absent === "omitted" ? [] : [[name, absent.value]];
}

/** Decodes a value, with pauses where it may be long. */
export function* decodePieces<T>(shape: Description<T>, value: unknown, at: string): Task<T> {
  return shape.decodeInPieces === undefined ? shape.decode(value, at) : yield* shape.decodeInPieces(value, at);
}

function inPieces<T>(
  decodeInPieces: (value: unknown, at: string) => Task<T>,
): Required<Pick<Description<T>, "decode" | "decodeInPieces">> {
  return { decodeInPieces, decode: (value, at) => runSync(decodeInPieces(value, at)) };
}

function isRequired(absent: Field["absent"]): boolean {
  return absent === undefined || (absent !== "omitted" && absent.required === true);
}

/** A field that an object may lack. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shape, absent: "omitted" };
}

/** A field that has this value where it is absent. */
export function otherwise<T>(shape: Shape<T>, value: T): Shape<T> {
  return { ...shape, absent: { value } };
}

/** A field that our programs always write, with this default for other programs. */
export function written<T>(shape: Shape<T>, value: T): Shape<T> {
  return { ...shape, absent: { value, required: true } };
}

/** A shape whose schema is printed once, under this name. */
export function named<T>(name: string, shape: Shape<T>): Shape<T> {
  return { ...shape, schema: (references) => references.refer(name, shape.schema) };
}

/** A text. */
export function text(description: string): Shape<string> {
  return { decode: decodeText, schema: () => ({ type: "string", description }) };
}

/** A text, or null. */
export function textOrNull(description: string): Shape<string | null> {
  return { decode: orNullDecode(decodeText), schema: () => ({ type: ["string", "null"], description }) };
}

/** A whole number from 0. */
export function count(description: string): Shape<number> {
  return { decode: decodeCount, schema: () => ({ type: "integer", minimum: 0, description }) };
}

/** A number that counts from 1, or null; 0 means null. */
export function numberOrNull(description?: string): Shape<number | null> {
  const decode = orNullDecode(decodeCount);
  return {
    decode: (value, at) => decode(value, at) || null,
    schema: () => ({ type: ["integer", "null"], ...described(description) }),
  };
}

/** A number of at least 0 with decimals, such as a time. */
export function measure(description: string): Shape<number> {
  return { decode: decodeNumber, schema: () => ({ type: "number", minimum: 0, description }) };
}

/** Any number. */
export function number(): Shape<number> {
  return { decode: decodeNumber, schema: () => ({ type: "number" }) };
}

/** True or false. */
export function flag(description: string): Shape<boolean> {
  return {
    decode(value, at) {
      if (typeof value !== "boolean") throw wrong(at, "true or false", value);
      return value;
    },
    schema: () => ({ type: "boolean", description }),
  };
}

/** One of these words. */
export function word<const W extends string>(words: readonly W[], description?: string): Shape<W> {
  return {
    decode(value, at) {
      const found = words.find((one) => one === value);
      if (found === undefined) throw wrong(at, `one of ${words.join(", ")}`, value);
      return found;
    },
    schema: () => ({ type: "string", enum: words, ...described(description) }),
  };
}

/** Exactly this value. */
export function constant<const T extends string | number>(constant: T, description?: string): Shape<T> {
  return {
    decode(value, at) {
      if (value !== constant) throw wrong(at, JSON.stringify(constant), value);
      return constant;
    },
    schema: () => ({ const: constant, ...described(description) }),
  };
}

/** Something, or null. */
export function orNull<T>(shape: Shape<T>, description?: string): Shape<T | null> {
  return {
    decode: orNullDecode(shape.decode),
    schema: (references) => ({ anyOf: [shape.schema(references), { type: "null" }], ...described(description) }),
  };
}

/** Any number of something. */
export function list<T>(items: Shape<T>, description?: string): Shape<readonly T[]> {
  return {
    ...inPieces((value, at) => decodeList(items, value, at)),
    schema: (references) => ({ type: "array", ...described(description), items: items.schema(references) }),
  };
}

function* decodeList<T>(items: Shape<T>, value: unknown, at: string): Task<readonly T[]> {
  if (!Array.isArray(value)) throw wrong(at, "a list", value);
  const decoded: T[] = [];
  for (const [index, item] of value.entries()) {
    const place = `${at}[${index}]`;
    decoded.push(
      items.decodeInPieces === undefined ? items.decode(item, place) : yield* items.decodeInPieces(item, place),
    );
    if (index % BATCH === BATCH - 1) yield;
  }
  return decoded;
}

/** An object whose fields have any names. */
export function mapOf<T>(values: Shape<T>, description?: string): Shape<Readonly<Record<string, T>>> {
  return {
    decode(value, at) {
      const entries = Object.entries(decodeObject(value, at));
      return Object.fromEntries(entries.map(([name, one]) => [name, values.decode(one, `${at}.${name}`)]));
    },
    schema: (references) => ({
      type: "object",
      ...described(description),
      additionalProperties: values.schema(references),
    }),
  };
}

/** An object that is described elsewhere. */
export function anyObject(description?: string): Shape<Loose> {
  return { decode: decodeObject, schema: () => ({ type: "object", ...described(description) }) };
}

/** One of several records, distinguished by their `kind`. */
export function kinds(all: Readonly<Record<string, LooseShapes>>, common: LooseShapes = {}): Shape<Loose> {
  const records = new Map(
    Object.entries(all).map(([kind, shapes]) => [kind, looseRecord({ ...common, kind: constant(kind), ...shapes })]),
  );
  return {
    decode(value, at) {
      const { kind } = decodeObject(value, at);
      const found = typeof kind === "string" ? records.get(kind) : undefined;
      if (found === undefined) throw wrong(`${at}.kind`, `one of ${[...records.keys()].join(", ")}`, kind);
      return found.decode(value, at);
    },
    schema: (references) => ({ anyOf: [...records.values()].map((one) => one.schema(references)) }),
  };
}

/** Prints shapes, and under `prefix` what they refer to. */
export class Definitions implements References {
  /** Schemas by name. */
  readonly schemas: Record<string, Schema> = {};
  readonly #prefix: string;

  /** @param prefix the place of the schemas: `#/$defs/` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Prints a schema once, and returns a reference to it. */
  refer(name: string, print: (references: References) => Schema): Schema {
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {}; // So that a shape may contain itself.
      this.schemas[name] = print(this);
    }
    return { $ref: this.#prefix + name };
  }
}

function decodeText(value: unknown, at: string): string {
  if (typeof value !== "string") throw wrong(at, "a text", value);
  return value;
}

function decodeCount(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw wrong(at, "a whole number", value);
  return value;
}

function decodeNumber(value: unknown, at: string): number {
  if (typeof value !== "number") throw wrong(at, "a number", value);
  return value;
}

function decodeObject(value: unknown, at: string): Loose {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(at, "an object", value);
  return { ...value };
}

function orNullDecode<T>(decode: Shape<T>["decode"]): Shape<T | null>["decode"] {
  return (value, at) => value === null ? null : decode(value, at);
}

function described(description: string | undefined): { readonly description?: string } {
  return description === undefined ? {} : { description };
}
