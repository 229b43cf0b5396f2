/**
 * `parameters` of a topology: values that `--set NAME=VALUE` and `--values FILE` give, with types and defaults.
 * `${parameters.NAME}` is the value.
 *
 * ```
 * parameters = { name: default | nothing | { type, default, choices, description }, … }
 * ```
 *
 * A value that was given is asked for as the variable `parameters.NAME`, which no environment has: so sources that are
 * read again keep the values in the same way as variables.
 *
 * @module
 */

import { duration } from "../../ascii/duration.ts";
import { AsciiError } from "../../ascii/error.ts";
import { listChoices, nearHint } from "../../ascii/near.ts";
import { parseText } from "../../ascii/parse.ts";
import { size } from "../../ascii/size.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Fields, ownEntries, readFields, type Vocabulary } from "./fields.ts";
import { PARAMETER_KEYS, PARAMETER_TYPES, type ParameterKey, type ParameterType } from "./format.ts";
import { interpolate, type InterpolationContext } from "./interpolation.ts";
import type { SourceFile, Span } from "./source.ts";
import { describeTree, type Entry, isNull, type Scalar, type Tree } from "./tree.ts";

/** A value of `--set` or of a file of `--values`, and its place there. */
export interface GivenValue {
  /** The value. */
  readonly text: string;
  /** Its place in the text. */
  readonly file: SourceFile;
  /** Null for an option, whose name is the whole place. */
  readonly span: Span | null;
}

/** Values by the names of parameters. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

/** The values of a topology's parameters; null for one that has no usable value, which is reported. */
export type ParameterValues = ReadonlyMap<string, string | null>;

/** The input of reading parameters. */
export interface ParameterContext extends InterpolationContext {
  readonly vocabulary: Vocabulary;
  readonly given?: GivenValues;
}

/** The beginning of the names of variables that are parameters. */
export const PARAMETER_PREFIX = "parameters.";

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const MAX_PORT = 65_535;
const PORT = /^[0-9]{1,5}$/;
const PORTS = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/;

/** The values that each type accepts, and an example. */
const TYPES: Readonly<Record<ParameterType, { readonly accepts: (text: string) => boolean; readonly what: string }>> = {
  text: { accepts: () => true, what: "a text" },
  integer: { accepts: (text) => /^[+-]?[0-9]+$/.test(text), what: "a whole number, such as 100" },
  port: { accepts: (text) => PORT.test(text) && Number(text) <= MAX_PORT, what: `a port from 0 to ${MAX_PORT}` },
  ports: { accepts: isPorts, what: "a port or a range of ports, such as 9000-9099" },
  boolean: { accepts: (text) => text === "true" || text === "false", what: "true or false" },
  duration: { accepts: (text) => parses(() => parseText(duration, text)), what: "a duration, such as 30s or 250ms" },
  size: { accepts: (text) => parses(() => parseText(size, text)), what: "a size, such as 64KiB or 1MiB" },
};

/** The name that `--set` gives a value, if it is one; otherwise null. */
export function isParameterName(name: string): boolean {
  return NAME.test(name);
}

/** The values of the parameters of a document; undefined if it has none. Reports all problems. */
export function decodeParameters(tree: Tree, context: ParameterContext): ParameterValues | undefined {
  if (tree.kind !== "mapping") return undefined;
  const entry = tree.entries.find(({ key }) => key.value === "parameters");
  if (entry === undefined || isNull(entry.value)) return undefined;
  const mapping = entry.value.kind === "mapping" ? entry.value : null;
  return new Map((mapping === null ? [] : ownEntries(mapping)).map((parameter) => {
    return [parameter.key.value, decodeParameter(parameter, { ...context, declaresParameter: true })];
  }));
}

/** The names of parameters that texts with these variables have. */
export function parameterNames(variables: Iterable<string>): readonly string[] {
  return [...variables].flatMap((name) => {
    return name.startsWith(PARAMETER_PREFIX) ? [name.slice(PARAMETER_PREFIX.length)] : [];
  });
}

interface Parameter {
  readonly name: Scalar;
  readonly type: ParameterType;
  readonly choices: readonly string[] | null;
  readonly default: { readonly text: string; readonly span: Span } | null;
}

function decodeParameter({ key, value }: Entry, context: ParameterContext): string | null {
  const { collector } = context;
  const before = collector.errors;
  if (!NAME.test(key.value)) {
    const message = `Name "${key.value}" of a parameter has a character other than letters, digits, _ and -`;
    collector.error("bad-name", { message, span: key.span, hint: "such as port, for ${parameters.port}" });
  }
  const parameter = readParameter(key, value, context);
  if (parameter === null || collector.errors > before) return null;
  const text = context.env(PARAMETER_PREFIX + key.value);
  if (text !== null) return checkGiven(text, parameter, context);
  if (parameter.default !== null) return parameter.default.text;
  collector.error("missing-parameter", {
    message: `Parameter "${key.value}" has no value`,
    span: key.span,
    hint: `set it with --set ${key.value}=VALUE, or give it a default`,
  });
  return null;
}

/** The declaration of a parameter; null if it is wrong, which is reported. */
function readParameter(name: Scalar, tree: Tree, context: ParameterContext): Parameter | null {
  const { collector } = context;
  if (isNull(tree)) return { name, type: "text", choices: null, default: null };
  if (tree.kind === "scalar") {
    const text = interpolate(tree, "none", context)?.text;
    return text === undefined ? null : { name, type: "text", choices: null, default: { text, span: tree.span } };
  }
  if (tree.kind === "sequence") {
    const message = `Parameter "${name.value}" must be a default or a mapping but is ${describeTree(tree)}`;
    collector.error("wrong-kind", {
      message,
      span: tree.span,
      hint: `such as ${name.value}: { default: VALUE, description: … }`,
    });
    return null;
  }
  const before = collector.errors;
  const owner = { what: `parameter "${name.value}"`, span: name.span };
  const fields = readFields(tree, PARAMETER_KEYS, { owner, ...context });
  const parameter = { name, type: readType(fields, context), choices: readChoices(fields, context) };
  const preset = readDefault(fields, context);
  if (collector.errors > before) return null;
  if (preset !== null) {
    const problem = problemOf(preset.text, parameter);
    if (problem !== null) {
      const message = `Default "${preset.text}" of parameter "${name.value}" is not ${problem.what}`;
      collector.error("bad-value", { message, span: preset.span, hint: problem.hint });
      return null;
    }
  }
  return { ...parameter, default: preset };
}

function readType(fields: Fields<ParameterKey>, context: ParameterContext): ParameterType {
  const scalar = fields.text("type");
  if (scalar === null) return "text";
  const word = interpolate(scalar, "none", context)?.text;
  const type = PARAMETER_TYPES.find((one) => one === word);
  if (type === undefined && word !== undefined) {
    context.collector.error("bad-word", {
      message: `Unknown type "${word}" of a parameter: expected ${listChoices(PARAMETER_TYPES)}`,
      span: scalar.span,
      hint: nearHint(word, PARAMETER_TYPES),
    });
  }
  return type ?? "text";
}

function readChoices(fields: Fields<ParameterKey>, context: ParameterContext): readonly string[] | null {
  const list = fields.list("choices");
  if (list === null) return null;
  if (list.items.length === 0) {
    const message = 'Key "choices" is empty, so that no value is allowed';
    context.collector.error("wrong-kind", { message, span: list.span, hint: "list the allowed values, or remove it" });
  }
  return list.items.flatMap((item) => {
    if (item.kind === "scalar" && !isNull(item)) return interpolate(item, "none", context)?.text ?? [];
    const message = `A value of "choices" must be a text but is ${describeTree(item)}`;
    context.collector.error("wrong-kind", { message, span: item.span, hint: "such as choices: [tcp, tls]" });
    return [];
  });
}

function readDefault(fields: Fields<ParameterKey>, context: ParameterContext): Parameter["default"] {
  const scalar = fields.text("default");
  const text = scalar === null ? undefined : interpolate(scalar, "none", context)?.text;
  return scalar === null || text === undefined ? null : { text, span: scalar.span };
}

/** A value that was given; null if it is wrong, which is reported at its place. */
function checkGiven(text: string, parameter: Parameter, { collector, given }: ParameterContext): string | null {
  const problem = problemOf(text, parameter);
  if (problem === null) return text;
  const { name: { value: name } } = parameter;
  const known = given?.get(name);
  // Text that is read again later has the value, but no longer its place.
  const place = known?.text === text ? known : { file: optionFile(name, text), span: null };
  const message = `Value "${text}" of parameter "${name}" is not ${problem.what}`;
  collector.error("bad-value", { message, hint: problem.hint, span: place.span, file: place.file });
  return null;
}

/** An option as a place. */
export function optionFile(name: string, text: string): SourceFile {
  return { name: `--set ${name}=${text}`, text: "" };
}

function problemOf(
  text: string,
  { type, choices }: Pick<Parameter, "type" | "choices">,
): { readonly what: string; readonly hint: string | null } | null {
  if (!TYPES[type].accepts(text)) return { what: TYPES[type].what, hint: null };
  if (choices === null || choices.includes(text)) return null;
  return { what: `one of ${listChoices(choices)}`, hint: nearHint(text, choices) };
}

function isPorts(text: string): boolean {
  const [, first = "", last = first] = PORTS.exec(text) ?? [];
  return first !== "" && Number(first) <= Number(last) && Number(last) <= MAX_PORT;
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof AsciiError) return false;
    throw error;
  }
}

/** The problems of values that no topology has a parameter for. */
export function unusedValues(given: GivenValues, known: readonly string[]): readonly Diagnostic[] {
  const names = [...new Set(known)];
  return [...given].filter(([name]) => !names.includes(name)).map(([name, { file, span }]) => ({
    code: "unknown-parameter",
    severity: "error",
    message: `No topology of the sources has a parameter "${name}"`,
    file,
    span,
    hint: nearHint(name, names) ??
      (names.length === 0 ? "the topologies have no parameters" : `known parameters: ${names.join(", ")}`),
    related: [],
  }));
}
