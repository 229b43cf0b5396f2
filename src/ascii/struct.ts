/**
 * Structs.
 *
 * ```text
 * struct = "{" ( name "=" value )* "}"
 * ```
 *
 * In binary the members follow each other at their natural alignment, as in C. A struct with optional members begins
 * with one bit per field (in whole 32-bit words) for its presence, unless each of them has a value for its absence, as
 * in FreeBSD's own structs. A text-only member is not in the binary form. An array without length before other members
 * begins with its length, which no struct of FreeBSD has.
 *
 * @module
 */

import { nearHint } from "./near.ts";
import { AsciiError, AsciiErrors } from "./error.ts";
import { NetgraphError } from "../errors.ts";
import { numberUnitHint } from "./unit_hint.ts";
import { alignmentOf, isOpenEnded, type OctetReader, type OctetWriter, packSized, unpackSized } from "./octets.ts";
import { type Part, readComposite, type Source, visitFields } from "./part.ts";
import type { FieldDescription, TypeDescription } from "./description.ts";
import type { AsciiType } from "./type.ts";

/** The place of a member in FreeBSD's binary layout. */
export interface BinaryPlace<T> {
  /** The value there for an absent member; without it a bit marks the absence. */
  readonly absent?: T;
  /** True for a member that FreeBSD's struct does not have. */
  readonly textOnly?: boolean;
}

/** The documentation of a member, which does not affect parsing. */
export interface FieldNotes<T> {
  /** The unit of a number, such as `bit/s`. */
  readonly unit?: string;
  /** The value while no message sets it. */
  readonly default?: T;
  /** The default in words. */
  readonly defaultNote?: string;
}

/** A required member. */
export interface RequiredField<T> extends FieldNotes<T> {
  /** The kind of member. */
  readonly presence: "required";
  /** The type of its value. */
  readonly type: AsciiType<T>;
  /** One line for people. */
  readonly summary: string | null;
}

/** A member with a default. */
export interface InitialField<T> extends BinaryPlace<T>, FieldNotes<T> {
  /** The kind of member. */
  readonly presence: "initial";
  /** The type of its value. */
  readonly type: AsciiType<T>;
  /** The value where it is left out. */
  readonly initial: T;
  /** True: the canonical text includes it even with the default value, so that it is visible. */
  readonly shown?: boolean;
  /** One line for people. */
  readonly summary: string | null;
}

/** A member that may be left out and is then not in the value. */
export interface OptionalField<T> extends BinaryPlace<T>, FieldNotes<T> {
  /** The kind of member. */
  readonly presence: "optional";
  /** The type of its value. */
  readonly type: AsciiType<T>;
  /** One line for people. */
  readonly summary: string | null;
}

/** A member of a struct. */
export type Field<T> = RequiredField<T> | InitialField<T> | OptionalField<T>;

/** Members by name. A bare type follows netgraph: its own initial value is the default. */
export type Fields = Readonly<Record<string, AsciiType<unknown> | Field<unknown>>>;

/** The value of one member. */
export type FieldValue<F> = F extends { readonly type: AsciiType<infer T> } ? T
  : F extends AsciiType<infer T> ? T
  : never;

/** The names of the members that may be missing from the value. */
export type OptionalName<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly presence: "optional" } ? K : never;
}[keyof F];

/** The value of a struct with these members. */
export type StructValue<F extends Fields> =
  & { readonly [K in Exclude<keyof F, OptionalName<F>>]: FieldValue<F[K]> }
  & { readonly [K in OptionalName<F>]?: FieldValue<F[K]> };

/**
 * A required member.
 *
 * @example
 * ```ts
 * import { required, struct, uint32 } from "@sockgraph/sockgraph";
 *
 * const type = struct({ port: required(uint32) });
 * console.log(type.format({ port: 0 })); // { port=0 }
 * ```
 */
export function required<T>(
  type: AsciiType<T>,
  summary: string | null = null,
  notes: FieldNotes<NoInfer<T>> = {},
): RequiredField<T> {
  return { presence: "required", type, summary, ...notes };
}

/**
 * A member with a value of its own where it is left out.
 *
 * @example
 * ```ts
 * import { parseText, struct, uint32, withInitial } from "@sockgraph/sockgraph";
 *
 * const type = struct({ max: withInitial(uint32, 8) });
 * console.log(parseText(type, "{ }").max); // 8
 * ```
 */
export function withInitial<T>(
  type: AsciiType<T>,
  initial: T,
  summary: string | null = null,
  facts: Pick<BinaryPlace<T>, "textOnly"> & Pick<InitialField<T>, "shown"> & FieldNotes<NoInfer<T>> = {},
): InitialField<T> {
  return { presence: "initial", type, initial, summary, ...facts };
}

/**
 * A member that may be left out.
 *
 * @example
 * ```ts
 * import { optional, parseText, struct, uint32 } from "@sockgraph/sockgraph";
 *
 * const type = struct({ max: optional(uint32) });
 * console.log(parseText(type, "{ }").max); // undefined
 * ```
 */
export function optional<T>(
  type: AsciiType<T>,
  summary: string | null = null,
  facts: BinaryPlace<T> & FieldNotes<NoInfer<T>> = {},
): OptionalField<T> {
  return { presence: "optional", type, summary, ...facts };
}

/** Advice for unknown fields, by the words that people write for them. */
export type FieldHints = Readonly<Record<string, string>>;

/**
 * A struct type.
 *
 * @param hints advice for unknown fields that have a meaning; other ones get the most similar field
 *
 * @example
 * ```ts
 * import { boolean, duration, optional, parseText, required, struct, uint32 } from "@sockgraph/sockgraph";
 *
 * const limits = struct({ max: required(uint32), idle: optional(duration), verbose: boolean });
 * console.log(parseText(limits, "{ max=8 verbose=true }").max); // 8
 * parseText(limits, "{ max=5 }"); // { max: 5, verbose: false }
 * ```
 */
export function struct<F extends Fields>(fields: F, hints: FieldHints = {}): AsciiType<StructValue<F>> {
  const members = new Map(Object.entries(fields).map(([name, field]) => [name, memberOf(field)]));
  const description: TypeDescription = { kind: "struct", fields: [...members].map(describeField) };
  const finish = (values: ReadonlyMap<string, unknown>): StructValue<F> => {
    const value: unknown = Object.fromEntries([...members.keys()].flatMap((name) => {
      return values.has(name) ? [[name, values.get(name)]] : [];
    }));
    if (!isComplete<StructValue<F>>(value, members)) throw new TypeError("Struct lacks a required member");
    return value;
  };
  const readFrom = (source: Source): StructValue<F> => finish(readMembers(members, source, hints));
  const initials = new Map([...members].flatMap(([name, { field }]) => {
    return field.presence === "initial" ? [[name, field.initial] as const] : [];
  }));
  const hasInitial = [...members.values()].every(({ field }) => field.presence !== "required");
  const type: AsciiType<StructValue<F>> = {
    description,
    ...(hasInitial ? { initial: finish(initials) } : {}),
    parse: readFrom,
    read: (literal) => readComposite(type, literal, readFrom),
    format: (value) => formatMembers(members, value),
    pack: (value, writer) => packMembers(members, description, { value, writer }),
    unpack: (reader) => finish(unpackMembers(members, description, reader)),
  };
  return type;
}

interface Member {
  readonly field: Field<unknown>;
  readonly type: AsciiType<unknown>;
  readonly alignment: number;
  /** The canonical text of the initial value, null if there is none: this value need not be printed. */
  readonly initialText: string | null;
  /** The canonical text of the binary value for an absent member; null if there is none. */
  readonly absentText: string | null;
  /** False for a member that is only text. */
  readonly binary: boolean;
}

type Members = ReadonlyMap<string, Member>;

function memberOf(entry: AsciiType<unknown> | Field<unknown>): Member {
  const field = "presence" in entry ? entry : bareField(entry);
  const { type } = field;
  const initialText = field.presence === "initial" ? type.format(field.initial) : null;
  const absentText = field.presence === "optional" && "absent" in field ? type.format(field.absent) : null;
  const binary = field.presence === "required" || field.textOnly !== true;
  return { field, type, alignment: alignmentOf(type.description), initialText, absentText, binary };
}

function bareField(type: AsciiType<unknown>): Field<unknown> {
  return type.initial === undefined ? required(type) : withInitial(type, type.initial);
}

function describeField([name, { field, type, initialText }]: [string, Member]): FieldDescription {
  const { summary, unit = null } = field;
  const ofNode = field.default === undefined ? null : type.format(field.default);
  // A message without the field sets its own value for it, which may differ from the value without the message.
  const omitted = initialText !== null && ofNode !== null && initialText !== ofNode
    ? `${initialText} where the message leaves it out`
    : null;
  return {
    name,
    type: type.description,
    required: field.presence === "required",
    summary,
    unit,
    default: ofNode ?? initialText,
    defaultNote: field.defaultNote ?? omitted,
  };
}

function isComplete<T>(value: unknown, members: Members): value is T {
  return typeof value === "object" && value !== null &&
    [...members].every(([name, { field }]) => field.presence === "optional" || Object.hasOwn(value, name));
}

/** Reads a member. A value with a unit, where the field counts in a fixed unit, gets the number to write as advice. */
function readMember(part: Part, { type, field: { unit } }: Member): unknown {
  try {
    return part.read(type);
  } catch (error) {
    if (!(error instanceof AsciiError) || unit === undefined) throw error;
    throw error.moved(({ hint }) => ({ hint: numberUnitHint(part.text(), unit, type.description) ?? hint }));
  }
}

function readMembers(members: Members, source: Source, hints: FieldHints): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const given = new Set<string>();
  const errors = new AsciiErrors();
  const whole = visitFields(source, (part) => {
    given.add(part.name);
    const member = members.get(part.name);
    if (member === undefined) {
      const known = Object.hasOwn(hints, part.name) ? hints[part.name] : undefined;
      throw part.failName("ENOENT", `Unknown field "${part.name}"`, known ?? nearHint(part.name, members.keys()));
    }
    values.set(part.name, readMember(part, member));
  }, errors);
  // An unknown field may be the one that is missing, with another name.
  const known = [...given].every((name) => members.has(name));
  for (const [name, { field }] of members) {
    if (given.has(name)) continue;
    if (field.presence === "required" && known) errors.add(whole.fail("EOPNOTSUPP", `Field "${name}" is missing`));
    if (field.presence === "initial") values.set(name, field.initial);
  }
  errors.throwAny();
  return values;
}

function formatMembers(members: Members, value: object): string {
  const values = new Map<string, unknown>(Object.entries(value));
  const texts: string[] = [];
  for (const [name, { field, type, initialText }] of members) {
    if (values.get(name) === undefined) continue;
    const text = type.format(values.get(name));
    const isShown = field.presence === "initial" && field.shown === true;
    if (isShown || text !== initialText) texts.push(`${name}=${text}`);
  }
  return texts.length === 0 ? "{}" : `{ ${texts.join(" ")} }`;
}

function packMembers(
  members: Members,
  description: TypeDescription,
  { value, writer }: { value: object; writer: OctetWriter },
): void {
  const values = new Map<string, unknown>(Object.entries(value));
  const placed = inBinary(members);
  for (const [name, { type, initialText, binary }] of members) {
    if (binary || values.get(name) === undefined || type.format(values.get(name)) === initialText) continue;
    throw new NetgraphError("EOPNOTSUPP", `Cannot pack field "${name}": FreeBSD's struct does not have it`);
  }
  if (hasMask(placed)) {
    const names = [...placed.keys()];
    for (let at = 0; at < names.length; at += 32) {
      const bits = names.slice(at, at + 32).map((name, bit) => values.get(name) === undefined ? 0 : 2 ** bit);
      writer.integer(bits.reduce((sum, bit) => sum + bit, 0), 32);
    }
  }
  for (const [name, { field, type, alignment, absentText }] of placed) {
    const given = values.get(name) ?? (absentText === null || field.presence !== "optional" ? undefined : field.absent);
    if (given === undefined) continue;
    if (isSized(placed, name)) {
      packSized(writer, (inner) => type.pack(given, inner));
      continue;
    }
    writer.align(alignment);
    type.pack(given, writer);
  }
  // A member that reaches to the end of the message has no padding after it, which would count as part of it.
  if (!endsOpen(placed)) writer.align(alignmentOf(description));
}

function unpackMembers(members: Members, description: TypeDescription, reader: OctetReader): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, { field, binary }] of members) {
    if (!binary && field.presence === "initial") values.set(name, field.initial);
  }
  const placed = inBinary(members);
  const present = readMask(placed, reader);
  for (const [name, { field, type, alignment, absentText }] of placed) {
    if (!present.has(name)) {
      if (field.presence === "optional") continue;
      throw new NetgraphError("EINVAL", `Cannot unpack a struct: field "${name}" is missing`);
    }
    if (isSized(placed, name)) {
      values.set(name, unpackSized(reader, (inner) => type.unpack(inner)));
      continue;
    }
    reader.align(alignment);
    const value = type.unpack(reader);
    if (absentText === null || type.format(value) !== absentText) values.set(name, value);
  }
  reader.align(alignmentOf(description));
  return values;
}

/** The present members: all, if there are no presence bits. */
function readMask(placed: Members, reader: OctetReader): ReadonlySet<string> {
  const names = [...placed.keys()];
  const present = new Set(names);
  if (!hasMask(placed)) return present;
  for (let at = 0; at < names.length; at += 32) {
    const bits = reader.integer(32);
    names.slice(at, at + 32).forEach((name, bit) => {
      if (Math.floor(bits / 2 ** bit) % 2 === 0) present.delete(name);
    });
  }
  return present;
}

/** The members that have a place in binary. */
function inBinary(members: Members): Members {
  return new Map([...members].filter(([, { binary }]) => binary));
}

/** True for a member that begins with its length: it does not define its end, and is not at the struct's end. */
function isSized(members: Members, name: string): boolean {
  const member = members.get(name);
  if (member === undefined || !isOpenEnded(member.type.description)) return false;
  return hasMask(members) || [...members.keys()].at(-1) !== name;
}

/** True when the last member reaches to the end of the message. */
function endsOpen(members: Members): boolean {
  const [name, member] = [...members].at(-1) ?? [];
  return name !== undefined && member !== undefined && isOpenEnded(member.type.description) && !isSized(members, name);
}

/** True if presence bits are needed. */
function hasMask(members: Members): boolean {
  return [...members.values()].some(({ field, absentText }) => field.presence === "optional" && absentText === null);
}
