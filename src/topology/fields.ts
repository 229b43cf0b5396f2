/**
 * A mapping of the file held against its table of keys: unknown keys, missing keys, and values of the wrong kind.
 *
 * @module
 */

import { nearHint } from "../ascii/near.ts";
import type { DiagnosticCollector } from "./diagnostic.ts";
import { type Form, IGNORED_PREFIX, type KeyTable } from "./format.ts";
import type { Span } from "./source.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Sequence, type Tree } from "./tree.ts";

/** The keys of one mapping, by the kind of what they hold; null where one is missing or wrong. */
export interface Fields<K extends string> {
  text(key: K): Scalar | null;
  list(key: K): Sequence | null;
  map(key: K): Mapping | null;
  /** True when something of the mapping was wrong. */
  readonly broken: boolean;
}

/** What a mapping is, for messages, and where to point when one of its keys is missing. */
export interface FieldsOwner {
  /** Such as `node "front"`. */
  readonly what: string;
  readonly span: Span;
}

const WANTED = { text: "a text", list: "a list", map: "a mapping" } as const;
const KINDS = { text: "scalar", list: "sequence", map: "mapping" } as const;

/** Reads a mapping by its table; whatever is wrong is told. */
export function readFields<K extends string>(
  tree: Tree,
  table: KeyTable<K>,
  { owner, collector }: { owner: FieldsOwner; collector: DiagnosticCollector },
): Fields<K> {
  const before = collector.errors;
  const given = new Map<string, Tree>();
  if (tree.kind !== "mapping") tellKind(tree, owner, collector);
  for (const { key, value } of tree.kind === "mapping" ? ownEntries(tree) : []) {
    const rule = Object.entries<KeyTable<K>[K]>(table).find(([name]) => name === key.value)?.[1];
    if (rule === undefined) tellUnknown(key, Object.keys(table), { owner, collector });
    else if (fits(rule.form, value)) given.set(key.value, value);
    else tellValue(key, value, { form: rule.form, collector });
  }
  if (tree.kind === "mapping") tellMissing(tree, table, { owner, collector });
  const broken = collector.errors > before;
  const get = (key: K): Tree | null => given.get(key) ?? null;
  return {
    text: (key) => pick(get(key), "scalar"),
    list: (key) => pick(get(key), "sequence"),
    map: (key) => pick(get(key), "mapping"),
    broken,
  };
}

/** The entries of a mapping that are ours to read. */
export function ownEntries(mapping: Mapping): readonly Entry[] {
  return mapping.entries.filter(({ key }) => !key.value.startsWith(IGNORED_PREFIX));
}

function pick<T extends Tree["kind"]>(tree: Tree | null, kind: T): Extract<Tree, { kind: T }> | null {
  const isKind = (found: Tree): found is Extract<Tree, { kind: T }> => found.kind === kind;
  return tree !== null && isKind(tree) ? tree : null;
}

/** An empty list or mapping may be left empty; a text may not. */
function fits(form: Form, value: Tree): boolean {
  return isNull(value) ? form.kind !== "text" : value.kind === KINDS[form.kind];
}

interface TellOptions {
  readonly owner: FieldsOwner;
  readonly collector: DiagnosticCollector;
}

function tellKind(tree: Tree, owner: FieldsOwner, collector: DiagnosticCollector): void {
  const span = tree.span.end > tree.span.start && tree.kind === "scalar" ? tree.span : owner.span;
  const what = owner.what.charAt(0).toUpperCase() + owner.what.slice(1);
  collector.error("wrong-kind", { message: `${what} must be a mapping but is ${describeTree(tree)}`, span });
}

function tellUnknown(key: Scalar, known: readonly string[], { owner, collector }: TellOptions): void {
  collector.error("unknown-key", {
    message: `Unknown key "${key.value}" in ${owner.what}`,
    span: key.span,
    hint: nearHint(key.value, known) ?? `it has ${known.join(", ")}`,
  });
}

function tellValue(
  key: Scalar,
  value: Tree,
  { form, collector }: { form: Form; collector: DiagnosticCollector },
): void {
  const shown = value.kind === "scalar" && !isNull(value) ? value.span : key.span;
  const message = `Key "${key.value}" takes ${WANTED[form.kind]} but has ${describeTree(value)}`;
  const hint = value.kind === "mapping" && form.kind === "list" ? 'begin each line with "- "' : null;
  collector.error("wrong-kind", { message, span: shown, hint });
}

function tellMissing<K extends string>(tree: Mapping, table: KeyTable<K>, { owner, collector }: TellOptions): void {
  const names = new Set(tree.entries.map(({ key }) => key.value));
  for (const [key, rule] of Object.entries<KeyTable<K>[K]>(table)) {
    if (rule.required !== true || names.has(key)) continue;
    // A misspelt key has been told; that it is missing as well is the same trouble.
    const misspelt = [...names].some((name) => !Object.hasOwn(table, name) && nearHint(name, [key]) !== null);
    if (misspelt) continue;
    const what = owner.what.charAt(0).toUpperCase() + owner.what.slice(1);
    collector.error("missing-key", { message: `${what} has no key "${key}"`, span: owner.span });
  }
}
