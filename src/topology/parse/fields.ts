/**
 * Checks a mapping of the file against its table of keys: unknown keys, missing keys, and values of the wrong kind.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { DiagnosticCollector } from "./diagnostic.ts";
import { joinedWords, unknownWord } from "./foreign_words.ts";
import { type Form, IGNORED_PREFIX, type KeyTable, type ListItem, type MapItem } from "./format.ts";
import type { Span } from "./source.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Sequence, type Tree } from "./tree.ts";

/** The keys of one mapping, by kind; null if one is missing or wrong. */
export interface Fields<K extends string> {
  text(key: K): Scalar | null;
  list(key: K): Sequence | null;
  map(key: K): Mapping | null;
  /** True if the mapping had a problem. */
  readonly broken: boolean;
}

/** Names for suggestions. */
export interface Vocabulary {
  /** Node types for topologies. */
  readonly types: readonly string[];
  /** Messages of any of these types. */
  readonly messages: ReadonlySet<string>;
}

/** The input of reading a mapping. */
export interface FieldsContext {
  readonly owner: FieldsOwner;
  readonly collector: DiagnosticCollector;
  readonly vocabulary: Vocabulary;
}

/** The description of a mapping, for messages, and the place to report if one of its keys is missing. */
export interface FieldsOwner {
  /** Such as `node "front"`. */
  readonly what: string;
  readonly span: Span;
}

const WANTED = { text: "a text", list: "a list", map: "a mapping" } as const;
const KINDS = { text: "scalar", list: "sequence", map: "mapping" } as const;

/** Reads a mapping by its table; reports all problems. */
export function readFields<K extends string>(
  tree: Tree,
  table: KeyTable<K>,
  context: FieldsContext,
): Fields<K> {
  const { collector } = context;
  const before = collector.errors;
  const given = new Map<string, Tree>();
  if (tree.kind !== "mapping") reportKind(tree, table, context);
  for (const { key, value } of tree.kind === "mapping" ? ownEntries(tree) : []) {
    const rule = Object.entries<KeyTable<K>[K]>(table).find(([name]) => name === key.value)?.[1];
    if (rule === undefined) reportUnknown(key, Object.keys(table), context);
    else if (fits(rule.form, value)) given.set(key.value, value);
    else reportValue(key, value, { form: rule.form, collector });
  }
  if (tree.kind === "mapping") reportMissing(tree, table, context);
  const broken = collector.errors > before;
  const get = (key: K): Tree | null => given.get(key) ?? null;
  return {
    text: (key) => pick(get(key), "scalar"),
    list: (key) => pick(get(key), "sequence"),
    map: (key) => pick(get(key), "mapping"),
    broken,
  };
}

/** The entries of a mapping that this table describes. */
export function ownEntries(mapping: Mapping): readonly Entry[] {
  return mapping.entries.filter(({ key }) => !key.value.startsWith(IGNORED_PREFIX));
}

function pick<T extends Tree["kind"]>(tree: Tree | null, kind: T): Extract<Tree, { kind: T }> | null {
  const isKind = (found: Tree): found is Extract<Tree, { kind: T }> => found.kind === kind;
  return tree !== null && isKind(tree) ? tree : null;
}

/** An empty list or mapping may be empty; a text may not. */
function fits(form: Form, value: Tree): boolean {
  return isNull(value) ? form.kind !== "text" : value.kind === KINDS[form.kind];
}

function reportKind<K extends string>(tree: Tree, table: KeyTable<K>, context: FieldsContext): void {
  const { owner, collector, vocabulary } = context;
  const [key, rule] = Object.entries<KeyTable<K>[K]>(table).find(([, { required }]) => required === true) ?? [];
  const text = tree.kind === "scalar" && !isNull(tree) ? tree.value : vocabulary.types[0] ?? "…";
  const joined = tree.kind === "scalar" ? joinedWords(tree.value, Object.keys(table)) : null;
  const hint = joined !== null
    ? joined.hint
    : key === undefined
    ? "begin with name: and nodes:"
    : `such as { ${key}: ${rule?.form.kind === "text" ? text : "…"} }`;
  const span = tree.span.end > tree.span.start && tree.kind === "scalar" ? tree.span : owner.span;
  const what = owner.what.charAt(0).toUpperCase() + owner.what.slice(1);
  collector.error("wrong-kind", { message: `${what} must be a mapping but is ${describeTree(tree)}`, span, hint });
}

function reportUnknown(key: Scalar, known: readonly string[], { owner, collector, vocabulary }: FieldsContext): void {
  const { message, hint } = known.includes("messages") && vocabulary.messages.has(key.value)
    ? { message: null, hint: `it is a message: messages: [{ ${key.value}: … }]; known keys: ${known.join(", ")}` }
    : joinedWords(key.value, known) ?? unknownWord(key.value, { known, kind: "keys" });
  collector.error(message === null ? "unknown-key" : "not-supported", {
    message: message ?? `Unknown key "${key.value}" in ${owner.what}`,
    span: key.span,
    hint,
  });
}

function reportValue(
  key: Scalar,
  value: Tree,
  { form, collector }: { form: Form; collector: DiagnosticCollector },
): void {
  const shown = value.kind === "scalar" && !isNull(value) ? value.span : key.span;
  const message = `Key "${key.value}" must be ${WANTED[form.kind]} but is ${
    isNull(value) ? "empty" : describeTree(value)
  }`;
  collector.error("wrong-kind", { message, span: shown, hint: formHint(form, value, key.value) });
}

/** An example of an item of a list or mapping. */
const EXAMPLES: Readonly<Record<ListItem | MapItem, string>> = {
  message: "- bind: inet/127.0.0.1:8080",
  link: "- [front, echo]",
  node: "front: { type: ksocket }",
  template: "session: { nodes: … }",
  default: "to: inet/localhost:80",
  values: "port: 9000-9099",
  parameter: "port: { type: port, default: 8080 }",
  choice: "[tcp, tls]",
  path: "- common.yaml",
  name: "- db",
  end: "- front:left",
};

function formHint(form: Form, value: Tree, key: string): string | null {
  if (form.kind === "text") return null;
  const example = `such as ${EXAMPLES[form.of]}`;
  if (form.kind === "list") {
    return value.kind === "mapping" && form.of !== "link" ? `begin each line with "- ", ${example}` : example;
  }
  if (value.kind === "sequence" && form.of === "default" && value.items.every(({ kind }) => kind === "scalar")) {
    const names = value.items.flatMap((item) => item.kind === "scalar" ? [`${item.value}:`] : []);
    return `write ${key}: { ${names.join(", ")} }: an empty parameter is required`;
  }
  return value.kind === "sequence" ? `names are keys, without "- ": ${nameExample(value) ?? example}` : example;
}

/** The first item of a list, as it would be written in a mapping: under its name. */
function nameExample({ items: [first] }: Sequence): string | null {
  if (first?.kind === "scalar") return `write ${first.value}:`;
  if (first?.kind !== "mapping") return null;
  const name = first.entries.find(({ key }) => key.value === "name")?.value ?? first.entries[0]?.key;
  return name?.kind === "scalar" ? `write ${name.value}: and the rest below it` : null;
}

function reportMissing<K extends string>(tree: Mapping, table: KeyTable<K>, context: FieldsContext): void {
  const { owner, collector, vocabulary } = context;
  const names = new Set(tree.entries.map(({ key }) => key.value));
  for (const [key, rule] of Object.entries<KeyTable<K>[K]>(table)) {
    if (rule.required !== true || names.has(key)) continue;
    // A misspelt key was reported; that it is also missing is the same problem.
    const misspelt = [...names].some((name) =>
      !Object.hasOwn(table, name) &&
      (nearHint(name, [key]) !== null || joinedWords(name, [key]) !== null)
    );
    if (misspelt) continue;
    const what = owner.what.charAt(0).toUpperCase() + owner.what.slice(1);
    const isType = rule.form.kind === "text" && rule.form.types === true;
    const hint = isType ? `known types: ${vocabulary.types.join(", ")}` : formHint(rule.form, tree, key);
    collector.error("missing-key", { message: `${what} has no key "${key}"`, span: owner.span, hint });
  }
}
