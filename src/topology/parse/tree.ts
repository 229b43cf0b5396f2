/**
 * A YAML document as our own tree: text as written, in the file's order, every part with its place.
 *
 * A scalar stays text. Whether `010` is a number, an option's value or a host depends on its place, so YAML's own types
 * are never used.
 *
 * @module
 */

import type { SourceFile, Span } from "./source.ts";

/** The notation of a scalar. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** The text. A key without value has an empty plain one. */
export interface Scalar {
  readonly kind: "scalar";
  readonly value: string;
  readonly style: ScalarStyle;
  readonly span: Span;
}

/** A key and its value. */
export interface Entry {
  readonly key: Scalar;
  readonly value: Tree;
}

/** Keys in the file's order; each occurs once. */
export interface Mapping {
  readonly kind: "mapping";
  readonly entries: readonly Entry[];
  readonly span: Span;
}

/** Items in order. */
export interface Sequence {
  readonly kind: "sequence";
  readonly items: readonly Tree[];
  readonly span: Span;
}

/** A part of a document. */
export type Tree = Scalar | Mapping | Sequence;

const NULLS: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);

/** True for YAML's null: there is no value. */
export function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.style === "plain" && NULLS.has(tree.value);
}

/** The kind of a part, for messages. */
export function describeTree(tree: Tree): string {
  if (isNull(tree)) return "nothing";
  return tree.kind === "scalar" ? "a text" : tree.kind === "mapping" ? "a mapping" : "a list";
}

/**
 * The place of a part of a scalar's value in the file; the whole scalar if it is unknown, as for folded text.
 *
 * @param start in UTF-16 units of the value
 */
export function spanInScalar(file: SourceFile, scalar: Scalar, { start, end }: Span): Span {
  const offsets = valueOffsets(file, scalar);
  const from = offsets?.[start];
  const to = offsets?.[end];
  return from === undefined || to === undefined ? scalar.span : { start: from, end: to };
}

/** The file offset of every unit of the value and of its end; null if value and text do not correspond. */
function valueOffsets(file: SourceFile, scalar: Scalar): readonly number[] | null {
  const quotes = scalar.style === "single" || scalar.style === "double" ? 1 : 0;
  const start = scalar.span.start + quotes;
  const raw = file.text.slice(start, scalar.span.end - quotes);
  const offsets: number[] = [];
  let decoded = "";
  for (let at = 0; at < raw.length;) {
    const [length, text] = unitAt(raw, at, scalar.style);
    for (let unit = 0; unit < text.length; unit++) offsets.push(start + at);
    decoded += text;
    at += length;
  }
  offsets.push(start + raw.length);
  return decoded === scalar.value ? offsets : null;
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/y;
const NAMED: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};

function unitAt(raw: string, at: number, style: ScalarStyle): readonly [number, string] {
  const one = raw.charAt(at);
  if (style === "single" && one === "'") return [2, "'"];
  if (style !== "double" || one !== "\\") return [1, one];
  ESCAPE.lastIndex = at;
  const match = ESCAPE.exec(raw);
  if (match === null) return [1, one];
  const [whole, two, four, eight, name = ""] = match;
  const digits = two ?? four ?? eight;
  if (digits === undefined) return [whole.length, NAMED[name] ?? name];
  const code = parseInt(digits, 16);
  return [whole.length, code <= 0x10ffff ? String.fromCodePoint(code) : whole];
}
