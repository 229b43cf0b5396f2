/**
 * One operation of the control API as data: its path, its request and its answer. Server, client and OpenAPI
 * description follow from these rows, which are in `operations/`.
 *
 * @module
 */

import { MalformedError } from "./fields.ts";
import { looseRecord, type References, type Schema, type Shape } from "./shape.ts";

/** Every response carries the engine's version here; a request that carries another is refused. */
export const VERSION_HEADER = "sockgraph-version";

/** The media type of answers of many lines. */
export const NDJSON = "application/x-ndjson";

/** The media type of most answers. */
export const JSON_MEDIA = "application/json";

/** The kind of an operation's answer: one JSON value, one value per line, or text. */
export type AnswerKind = "value" | "lines" | "text";

/** A client's request, as received. */
export interface Asked {
  readonly query: URLSearchParams;
  /** The value of `{id}` in the path; empty if it has none. */
  readonly id: string;
  /** Reads the request's JSON, with pauses where it is long. */
  readonly body: <T>(shape: Shape<T>) => Promise<T>;
}

/** A request, as sent. */
export interface Sent {
  readonly target: string;
  /** JSON; absent for GET. */
  readonly body?: unknown;
}

/** The encoding of a request. */
export interface RequestShape<Request> {
  /** @throws MalformedError for what does not fit */
  read(asked: Asked): Promise<Request>;
  /** Appends it to a path. */
  write(request: Request, path: string): Sent;
  /** The parameters in OpenAPI's form. */
  readonly parameters: readonly Schema[];
  /** The schema of the body; null if there is none. */
  body(references: References): Schema | null;
}

/** An operation of the control API. */
export interface Operation<Request, Response, Kind extends AnswerKind = AnswerKind> {
  /** Its name, unique among all operations. */
  readonly name: string;
  readonly method: "GET" | "POST";
  /** May have `{id}` in it. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  readonly kind: Kind;
  /** The media type of the answer. */
  readonly media: string;
  readonly request: RequestShape<Request>;
  /** The answer, or one line of it. */
  readonly response: Shape<unknown>;
  /** Decodes the answer, or one line of it, without checks: the engine has the client's own version. */
  readonly parse: (text: string) => Response;
}

/** The fields of a row; the rest follows from its kind. */
export type Row<Request> = Omit<Operation<Request, unknown>, "kind" | "media" | "parse">;

const TEXT_SCHEMA = { type: "string" } as const;

/** An operation that answers one JSON value. */
export function value<Request, Response>(row: Row<Request>): Operation<Request, Response, "value"> {
  return { ...row, kind: "value", media: JSON_MEDIA, parse: (text) => JSON.parse(text) };
}

/** An operation that answers one JSON value per line. */
export function lines<Request, Line>(row: Row<Request>): Operation<Request, Line, "lines"> {
  return { ...row, kind: "lines", media: NDJSON, parse: (text) => JSON.parse(text) };
}

/** An operation that answers text of this media type. */
export function textual<Request>(
  media: string,
  row: Omit<Row<Request>, "response">,
): Operation<Request, string, "text"> {
  return { ...row, kind: "text", media, response: TEXT, parse: (text) => text };
}

const TEXT: Shape<string> = { decode: String, schema: () => TEXT_SCHEMA };

/** A request whose fields are in its body. */
export function body<Request>(shape: Shape<Request>): RequestShape<Request> {
  return {
    read: ({ body }) => body(shape),
    write: (request, path) => ({ target: path, body: request }),
    parameters: [],
    body: (references) => shape.schema(references),
  };
}

/** The same of an operation whose path has an `{id}`. */
export function bodyOf<Request extends object>(shape: Shape<Request>): RequestShape<Request & { readonly id: string }> {
  return {
    read: async ({ body, id }) => ({ ...await body(shape), id }),
    write: ({ id, ...request }, path) => ({ target: path.replace("{id}", id), body: request }),
    parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
    body: (references) => shape.schema(references),
  };
}

/** An object without fields. */
export type Nothing = Readonly<Record<never, never>>;

/** The shape of an object without fields. */
export const NOTHING: Shape<Nothing> = looseRecord({});

/** A parameter of a query. */
export interface Parameter<T> {
  /** Its name in the query. */
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
  /** @throws MalformedError for what does not fit */
  read(values: readonly string[]): T;
  write(value: T): readonly string[];
}

/** A request whose fields are parameters of the query. */
export function query<Request extends object>(
  parameters: { readonly [K in keyof Request]: Parameter<Request[K]> },
): RequestShape<Request> {
  const all: readonly (readonly [string, Parameter<unknown>])[] = Object.entries(parameters);
  return {
    read: ({ query }) => {
      const entries = all.map(([field, one]): readonly unknown[] => [field, one.read(query.getAll(one.name))]);
      return Promise.resolve(Object.fromEntries(entries));
    },
    write: (request, path) => {
      const values = new Map<string, unknown>(Object.entries(request));
      const written = new URLSearchParams(
        all.flatMap(([field, one]) => one.write(values.get(field)).map((text) => [one.name, text])),
      );
      return { target: written.size === 0 ? path : `${path}?${written}` };
    },
    parameters: all.map(([, { name, schema, required }]) => ({ name, in: "query", required, schema })),
    body: () => null,
  };
}

/** A required text. */
export function requiredText(name: string): Parameter<string> {
  return {
    name,
    schema: TEXT_SCHEMA,
    required: true,
    read([value]) {
      if (value === undefined) throw new MalformedError(`"${name}" is missing`);
      return value;
    },
    write: (value) => [value],
  };
}

/** An optional text; null if absent. */
export function optionalText(name: string): Parameter<string | null> {
  return {
    name,
    schema: TEXT_SCHEMA,
    required: false,
    read: ([value]) => value ?? null,
    write: (value) => value === null ? [] : [value],
  };
}

/** Any number of texts. */
export function repeatedText(name: string): Parameter<readonly string[]> {
  return {
    name,
    schema: { type: "array", items: TEXT_SCHEMA },
    required: false,
    read: (values) => values,
    write: (values) => values,
  };
}

/** A whole number; 0 if absent. */
export function wholeNumber(name: string): Parameter<number> {
  return {
    name,
    schema: TEXT_SCHEMA,
    required: false,
    read([value = "0"]) {
      if (!/^\d{1,9}$/.test(value)) throw new MalformedError(`"${name}" must be a whole number, not "${value}"`);
      return Number(value);
    },
    write: (value) => [String(value)],
  };
}

/** One of some words; the first of them if absent. */
export function oneOf<const W extends string>(name: string, words: readonly [W, ...W[]]): Parameter<W> {
  return {
    name,
    schema: { type: "string", enum: words },
    required: false,
    read([value]) {
      if (value === undefined) return words[0];
      const found = words.find((word) => word === value);
      if (found === undefined) throw new MalformedError(`"${name}" must be one of ${words.join(", ")}, not "${value}"`);
      return found;
    },
    write: (value) => [value],
  };
}

/** True or false; false if absent. */
export function truth(name: string): Parameter<boolean> {
  const { read, ...words } = oneOf(name, ["false", "true"]);
  return { ...words, read: (values) => read(values) === "true", write: (value) => value ? ["true"] : [] };
}
