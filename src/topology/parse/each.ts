/**
 * `each`: one declaration for many values. It expands a node, a link or a whole topology to one for each combination.
 *
 * ```
 * each   = { name: values, … [ , zip: { name: values, … } ] }
 * values = "FIRST-LAST" | text | list of them
 * ```
 *
 * Several names are combined (a product); the first values of all names of `zip` are one combination, the second ones another. `${each.NAME}` is the value, in the name
 * of the node and in all its texts.
 *
 * @module
 */

import { interpolate, type InterpolationContext } from "./interpolation.ts";
import { MAX_NODES } from "./text_limits.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Tree } from "./tree.ts";

/** The value of each name, for one of the declarations. */
export type EachValues = ReadonlyMap<string, string>;

/** Reading `each` needs the number of declarations so far: a short text could otherwise expand to millions. */
export interface EachContext extends InterpolationContext {
  readonly expanded: ExpansionCount;
}

/** Counts the declarations to which a file expands. */
export class ExpansionCount {
  #count = 0;

  /** Adds a number of declarations, unless there are too many. */
  add(count: number): boolean {
    if (this.#count + count > MAX_NODES) return false;
    this.#count += count;
    return true;
  }
}

/** One axis of the product: a name with its values, or the names of `zip`. */
type Axis = readonly EachValues[];

const RANGE = /^([0-9]+)-([0-9]+)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ZIP = "zip";
const HINT = "such as each: { port: 9000-9099 }, or a list of values";

/** The key `each` of a mapping; null if there is none. */
export function eachKey(tree: Tree): Entry | null {
  if (tree.kind !== "mapping") return null;
  return tree.entries.find(({ key, value }) => key.value === "each" && !isNull(value)) ?? null;
}

/** The combinations of an `each` together with those of the outer `each`; null after an error was reported. */
export function decodeEach({ key, value }: Entry, context: EachContext): readonly EachValues[] | null {
  const { collector, each: outer } = context;
  const before = collector.errors;
  if (value.kind !== "mapping") {
    return refuse(value, `Key "each" must be a mapping but is ${describeTree(value)}`, context);
  }
  const names = new Set(outer?.keys());
  const axes = value.entries.map(({ key: name, value: values }): Axis => {
    if (name.value === ZIP && values.kind === "mapping") return readZip(name, values, { context, names });
    checkName(name, names, context);
    return readValues(values, context).map((one) => new Map([[name.value, one]]));
  });
  if (collector.errors > before) return null;
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  if (!context.expanded.add(count)) {
    const message = `Key "each" expands to ${count.toLocaleString("en")} declarations, and a file may have ${
      MAX_NODES.toLocaleString("en")
    }`;
    collector.error("too-large", { message, span: key.span, hint: "split it into several sources" });
    return null;
  }
  return axes.reduce<Axis>(
    (all, axis) => all.flatMap((left) => axis.map((right) => new Map([...left, ...right]))),
    [outer ?? new Map()],
  );
}

/** A name without its values: `game-${each.port}` is `game-*`; parameters are replaced. */
export function eachPattern(text: string, { parameters }: InterpolationContext): string {
  return text.replaceAll(/\$\{each\.[^}]*\}/g, "*")
    .replaceAll(/\$\{parameters\.([^}]*)\}/g, (whole, name) => parameters?.get(name) ?? whole);
}

interface NamesContext {
  readonly context: InterpolationContext;
  /** The names so far, which must be unique. */
  readonly names: Set<string>;
}

function readZip(key: Scalar, mapping: Mapping, { context, names }: NamesContext): Axis {
  const columns = mapping.entries.map(({ key: name, value }) => {
    checkName(name, names, context);
    return { name: name.value, values: readValues(value, context) };
  });
  const [first] = columns;
  const other = columns.find(({ values }) => values.length !== first?.values.length);
  if (first !== undefined && other !== undefined) {
    const counts = `"${first.name}" has ${first.values.length} and "${other.name}" has ${other.values.length}`;
    context.collector.error("bad-argument", {
      message: `All names of "zip" must have the same number of values, but ${counts}`,
      span: key.span,
      hint: 'remove "zip" to combine every value with every other value',
    });
    return [];
  }
  return (first?.values ?? []).map((_, index) => {
    return new Map(columns.map(({ name, values }) => [name, values[index] ?? ""]));
  });
}

function checkName({ value, span }: Scalar, names: Set<string>, { collector }: InterpolationContext): void {
  if (!NAME.test(value)) {
    const message = `Name "${value}" of "each" has a character other than letters, digits and _`;
    collector.error("bad-name", { message, span, hint: "such as port, for ${each.port}" });
  } else if (names.has(value)) {
    collector.error("duplicate-key", { message: `Name "${value}" of "each" has values already`, span });
  }
  names.add(value);
}

function readValues(tree: Tree, context: InterpolationContext): readonly string[] {
  const items = tree.kind === "sequence" ? tree.items : [tree];
  return items.flatMap((item) => {
    if (item.kind !== "scalar" || isNull(item)) {
      refuse(item, `A value of "each" must be a text or a range but is ${describeTree(item)}`, context);
      return [];
    }
    const text = interpolate(item, "none", context)?.text;
    return text === undefined ? [] : rangeOf(item, text, context);
  });
}

/** The numbers of `9000-9099`, with the zeros of the first one; any other text is itself. */
function rangeOf(item: Scalar, text: string, { collector }: InterpolationContext): readonly string[] {
  const [, from = "", to = ""] = RANGE.exec(text) ?? [];
  if (from === "") return [text];
  const [first, last] = [Number(from), Number(to)];
  const count = last - first + 1;
  if (!Number.isSafeInteger(last) || count < 1 || count > MAX_NODES) {
    const limit = `${MAX_NODES.toLocaleString("en")} values`;
    const message = count < 1 ? `Range "${text}" ends before it begins` : `Range "${text}" has more than ${limit}`;
    const hint = count < 1 ? "write the smaller number first" : "use a smaller range";
    collector.error("bad-number", { message, span: item.span, hint });
    return [];
  }
  const width = from.startsWith("0") ? from.length : 0;
  return Array.from({ length: count }, (_, index) => String(first + index).padStart(width, "0"));
}

function refuse({ span }: Tree, message: string, { collector }: InterpolationContext): null {
  collector.error("wrong-kind", { message, span, hint: HINT });
  return null;
}
