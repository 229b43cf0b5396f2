/**
 * Scalars with their `${…}` parsed: variables are replaced, references to replies stay.
 *
 * ```
 * text      = { character | "$$" | variable | each | reference }
 * variable  = "${" name [ ":-" default | ":?" why ] "}"      name = letter or "_", then letters, digits, "_"
 * each      = "${each." name "}"                               a value of the declaration's `each`
 * parameter = "${parameters." name "}"                         a value of the topology's `parameters`
 * reference = "${" node "." query [ "." part ] "}"           the name has a dot: a reply of a node, or `with.parameter`
 * ```
 *
 * `$$` is a dollar; so is a dollar before any other character than `$` and `{`. As in a shell, `:-` and `:?` also apply
 * to an empty variable. The value of a variable is text: it is not parsed again, and never becomes an expression. A
 * default ends at the first `}` and may contain dots and colons, but no `${`.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { escapeReferences, findReferences, type Reference, WITH } from "../../graph/core/reference.ts";
import type { DiagnosticCollector } from "./diagnostic.ts";
import type { SourceFile, Span } from "./source.ts";
import { type Scalar, spanInScalar } from "./tree.ts";

/** The references that a text may contain. */
export type ReferenceScope = "none" | "replies" | "template";

/** A scalar's text after substitution. */
export interface Interpolated {
  /** With `$$` as `$`; references as written. */
  readonly text: string;
  /** The same in the form of a state: `$${` is a literal `${`, so that only references look like references. */
  readonly expression: string;
  readonly scalar: Scalar;
  /** The source in the scalar of each part of `text`. */
  readonly pieces: readonly Piece[];
  /** Offsets count in `expression`. */
  readonly references: readonly Reference[];
}

/** A part of a word's text and the part of the scalar's value that it comes from. */
export interface Piece {
  readonly text: string;
  /** Its offset in the word's text. */
  readonly start: number;
  readonly value: Span;
  /** `copied` and `reference` correspond to the value, unit for unit; `put` replaces an expression. */
  readonly kind: "copied" | "put" | "reference";
}

/** The input of parsing a word. */
export interface InterpolationContext {
  readonly collector: DiagnosticCollector;
  /** A variable of the reader's environment; null if it is not set. */
  readonly env: (name: string) => string | null;
  /** The values of `${each.NAME}`; absent outside an `each`. */
  readonly each?: ReadonlyMap<string, string>;
  /** The values of `${parameters.NAME}`, null for one that was reported; absent if a topology has none. */
  readonly parameters?: ReadonlyMap<string, string | null>;
  /** The names of parameters that were read. */
  readonly usedParameters?: Set<string>;
  /** True in the declaration of a parameter, which cannot refer to others. */
  readonly declaresParameter?: boolean;
}

const EXPRESSION = /\$(?:\$|\{([^}]*)(\}?))/g;
/** The beginning of a value of `each`. A node of this name has its replies outside an `each`. */
const EACH = "each.";
/** The same for a topology's parameters. */
const PARAMETERS = "parameters.";
/** The beginning of a value from a file. */
const SECRET = "secret:";
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([^]*))?$/;

/** Parses a scalar's text; null if there is a problem, which is reported. */
export function interpolate(
  scalar: Scalar,
  references: ReferenceScope,
  context: InterpolationContext,
): Interpolated | null {
  const { value } = scalar;
  const pieces: Omit<Piece, "start">[] = [];
  let failed = false;
  let from = 0;
  const copyUpTo = (end: number): void => {
    if (end > from) pieces.push({ text: value.slice(from, end), value: { start: from, end }, kind: "copied" });
  };
  for (const match of value.includes("$") ? value.matchAll(EXPRESSION) : []) {
    const [whole, inner, closing] = match;
    const span = { start: match.index, end: match.index + whole.length };
    copyUpTo(span.start);
    from = span.end;
    if (inner === undefined) pieces.push({ text: "$", value: span, kind: "put" });
    else if (closing === "") {
      failed = report(context, scalar, span, ['"${" has no closing "}"', 'write "$$" for a dollar']);
    } else {
      const piece = readExpression({ inner, whole, span, scalar, references, context });
      if (piece === null) failed = true;
      else pieces.push(piece);
    }
  }
  copyUpTo(value.length);
  return failed ? null : makeWord(scalar, pieces);
}

/** A reference and its place in the file. */
export interface PlacedReference {
  readonly reference: Reference;
  readonly span: Span;
}

/** The references of a word, with their places. */
export function placedReferences(file: SourceFile, word: Interpolated): readonly PlacedReference[] {
  const pieces = word.pieces.filter((piece) => piece.kind === "reference");
  return word.references.flatMap((reference, index) => {
    const piece = pieces[index];
    return piece === undefined ? [] : [{ reference, span: spanInScalar(file, word.scalar, piece.value) }];
  });
}

/** A part of a word as a separate word, such as the text after a command's name. */
export function sliceInterpolated(word: Interpolated, start: number): Interpolated {
  const pieces = word.pieces.filter((piece) => piece.start + piece.text.length > start).map((piece) => {
    const skipped = Math.max(0, start - piece.start);
    const value = piece.kind === "put" ? piece.value : { start: piece.value.start + skipped, end: piece.value.end };
    return { ...piece, text: piece.text.slice(skipped), value };
  });
  return makeWord(word.scalar, pieces);
}

function makeWord(scalar: Scalar, parts: readonly Omit<Piece, "start">[]): Interpolated {
  const pieces: Piece[] = [];
  let text = "";
  let expression = "";
  let literal = "";
  for (const part of parts) {
    pieces.push({ ...part, start: text.length });
    text += part.text;
    if (part.kind !== "reference") {
      // Escaped at the end: a `$` of one piece and a `{` of the next form a `${`.
      literal += part.text;
      continue;
    }
    expression += escapeReferences(literal) + part.text;
    literal = "";
  }
  expression += escapeReferences(literal);
  return { text, expression, scalar, pieces, references: findReferences(expression) };
}

/** The place of a part of a word's text in the file. */
export function spanInInterpolated(file: SourceFile, word: Interpolated, { start, end }: Span): Span {
  const from = valueOffset(word, start, "start");
  const to = Math.max(from, valueOffset(word, Math.max(start, end), end > start ? "end" : "start"));
  return spanInScalar(file, word.scalar, { start: from, end: to });
}

function valueOffset(word: Interpolated, offset: number, edge: "start" | "end"): number {
  const at = edge === "end" ? offset - 1 : offset;
  const piece = word.pieces.findLast((one) => one.start <= at) ?? word.pieces[0];
  if (piece === undefined) return 0;
  if (piece.kind !== "put") return Math.min(piece.value.start + offset - piece.start, piece.value.end);
  const behind = offset >= piece.start + piece.text.length;
  return edge === "end" || behind ? piece.value.end : piece.value.start;
}

interface Expression {
  /** The text between the braces. */
  readonly inner: string;
  readonly whole: string;
  readonly span: Span;
  readonly scalar: Scalar;
  readonly references: ReferenceScope;
  readonly context: InterpolationContext;
}

/** The value of an expression; null if there is a problem, which is reported. */
function readExpression(expression: Expression): Omit<Piece, "start"> | null {
  const { inner, span, scalar, context } = expression;
  const name = /^[^:]*/.exec(inner)?.[0] ?? "";
  if (name.startsWith(EACH) && context.each !== undefined) return readEach(expression, name.slice(EACH.length));
  if (name.startsWith(PARAMETERS) && context.parameters !== undefined) {
    return readParameter(expression, name.slice(PARAMETERS.length));
  }
  if (name.includes(".") && name !== "secret") return readReference(expression);
  if (inner.startsWith(SECRET)) {
    const said = `Cannot read "\${${inner}}": values from files are not supported yet`;
    report(context, scalar, span, [said, "keys and certificates are given by path: settls: { key: server.key }"]);
    return null;
  }
  const match = VARIABLE.exec(inner);
  if (match === null || inner.includes("${")) {
    const hint = inner.includes("${")
      ? "a default cannot contain another ${"
      : "such as ${PORT}, ${PORT:-8080} or ${node.getname}; $$ is a dollar";
    report(context, scalar, span, [`Cannot read "\${${inner}}"`, hint]);
    return null;
  }
  const [, variable = "", operator, rest = ""] = match;
  const value = context.env(variable);
  if (value !== null && (value !== "" || operator === undefined)) return { text: value, value: span, kind: "put" };
  if (operator === "-") return { text: rest, value: span, kind: "put" };
  reportMissing(expression, variable, operator === "?" ? rest : "");
  return null;
}

function readEach({ span, scalar, context }: Expression, name: string): Omit<Piece, "start"> | null {
  const value = context.each?.get(name);
  if (value !== undefined) return { text: value, value: span, kind: "put" };
  const known = [...context.each?.keys() ?? []];
  const hint = nearHint(name, known) ??
    (known.length === 0 ? `add ${name}: to each` : `known names: ${known.join(", ")}`);
  report(context, scalar, span, [`No "each" has the name "${name}"`, hint]);
  return null;
}

function readParameter({ inner, span, scalar, context }: Expression, name: string): Omit<Piece, "start"> | null {
  const { parameters = new Map(), usedParameters } = context;
  if (inner !== PARAMETERS + name) {
    const said = `Cannot read "\${${inner}}": the default of a parameter is in its declaration`;
    report(context, scalar, span, [said, `write parameters: { ${name}: … }, and \${parameters.${name}}`]);
    return null;
  }
  const value = parameters.get(name);
  usedParameters?.add(name);
  if (value === null) return null;
  if (value !== undefined) return { text: value, value: span, kind: "put" };
  const known = [...parameters.keys()];
  const hint = nearHint(name, known) ??
    (known.length === 0 ? `add ${name}: to parameters` : `known parameters: ${known.join(", ")}`);
  const at = spanInScalar(context.collector.file, scalar, span);
  const message = `The topology has no parameter "${name}"`;
  context.collector.error("unknown-parameter", { message, span: at, hint });
  return null;
}

function readReference(expression: Expression): Omit<Piece, "start"> | null {
  const { whole, span, scalar, references, context } = expression;
  const problem = referenceProblem(expression, references);
  if (problem === null) return { text: whole, value: span, kind: "reference" };
  report(context, scalar, span, problem);
  return null;
}

function referenceProblem(
  { inner, whole, context: { declaresParameter = false } }: Expression,
  references: ReferenceScope,
): Words | null {
  const [found] = findReferences(whole);
  if (found === undefined || found.end !== whole.length || inner.includes(":")) {
    return [`Cannot read "${whole}"`, "such as ${node.query} or ${node.query.port}"];
  }
  if (found.node === WITH && (references !== "template" || found.part !== null)) {
    const hint = found.part === null ? "it has a value in messages of a template only" : "a parameter has no parts";
    return [`Parameter "${whole}" is not allowed here`, hint];
  }
  if (references !== "none") return null;
  if (inner.startsWith(EACH)) {
    const hint = `add each: { ${inner.slice(EACH.length)}: … } to the node, the link or the topology`;
    return [`Value "${whole}" needs the key "each"`, hint];
  }
  if (inner.startsWith(PARAMETERS) && declaresParameter) {
    const hint = "a default may contain variables of the environment, such as ${PORT:-8080}";
    return [`Parameter "${whole}" is not allowed in the declaration of another one`, hint];
  }
  if (inner.startsWith(PARAMETERS)) {
    const hint = `add parameters: { ${inner.slice(PARAMETERS.length)}: … } to the topology`;
    return [`Value "${whole}" needs the key "parameters"`, hint];
  }
  return [`Reply "${whole}" is not allowed here`, "only arguments of messages have replies"];
}

/** A message and its advice. */
type Words = readonly [string, string];

function reportMissing({ span, scalar, context: { collector } }: Expression, name: string, why: string): void {
  collector.error("missing-variable", {
    message: `Environment variable "${name}" is not set${why === "" ? "" : `: ${why}`}`,
    span: spanInScalar(collector.file, scalar, span),
    hint: why === "" ? `set it, or give a default: \${${name}:-…}` : "set it",
  });
}

function report({ collector }: InterpolationContext, scalar: Scalar, span: Span, [message, hint]: Words): true {
  const at = spanInScalar(collector.file, scalar, span);
  collector.error("bad-expression", { message, span: at, hint });
  return true;
}
