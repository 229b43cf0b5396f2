/**
 * One YAML document → our tree: aliases, merge keys and the limits that keep a small text from becoming a huge tree.
 *
 * An alias shares the tree of its anchor, so it costs nothing here; walking the tree costs more, which the limit of
 * expansion bounds.
 *
 * @module
 */

import type { DiagnosticCollector } from "./diagnostic.ts";
import type { Span } from "./source.ts";
import { MAX_VALUE_UNITS } from "./text_limits.ts";
import type { Entry, Mapping, Scalar, ScalarStyle, Tree } from "./tree.ts";

/** The limit of nesting. */
export const MAX_DEPTH = 100;
/** The limit of tree parts that all aliases together refer to. */
export const MAX_EXPANDED = 1_000_000;

const MERGE = "<<";

/** The used part of a node of the YAML library; its children are the library's own until they are converted. */
export type RawNode =
  | { readonly kind: "scalar"; readonly value: string; readonly style: ScalarStyle; readonly span: Span }
  | { readonly kind: "mapping"; readonly pairs: readonly RawPair[]; readonly span: Span }
  | { readonly kind: "sequence"; readonly items: readonly unknown[]; readonly span: Span }
  | { readonly kind: "alias"; readonly name: string; readonly span: Span }
  | { readonly kind: "nothing" };

/** A key and its value, in the library's own form. */
export interface RawPair {
  readonly key: unknown;
  readonly value: unknown;
}

/** Converts a node of the library; `anchor` is its name for aliases. */
export type View = (node: unknown) => { readonly node: RawNode; readonly anchor: string | null };

/** Trees by the names of their anchors. */
export type Anchors = ReadonlyMap<string, { readonly tree: Tree; readonly size: Size }>;

/** The cost of walking an alias. */
export interface Size {
  readonly parts: number;
  readonly depth: number;
}

/** Builds the tree of one document. */
export class TreeBuilder {
  readonly #collector: DiagnosticCollector;
  readonly #view: View;
  readonly #anchors = new Map<string, Tree | null>();
  readonly #sizes = new Map<Tree, Size>();
  #expanded = 0;
  #failed = false;

  /** @param anchors those of included files */
  constructor(collector: DiagnosticCollector, view: View, anchors: Anchors = new Map()) {
    this.#collector = collector;
    this.#view = view;
    for (const [name, { tree, size }] of anchors) {
      this.#anchors.set(name, tree);
      this.#sizes.set(tree, size);
    }
  }

  /** The anchors of the document, and those that it was given. */
  get anchors(): Anchors {
    return new Map([...this.#anchors].flatMap(([name, tree]) => {
      return tree === null ? [] : [[name, { tree, size: this.#sizeOf(tree) }]];
    }));
  }

  /** The tree of a document's contents; null if its structure is unusable. */
  build(contents: unknown): Tree | null {
    const tree = this.#tree(contents, { start: 0, end: 0 }, 0);
    return this.#failed ? null : tree;
  }

  /** @param where the place of a missing value */
  #tree(contents: unknown, where: Span, depth: number): Tree {
    const { node, anchor } = this.#view(contents);
    if (node.kind === "nothing") return emptyScalar(where);
    if (node.kind === "alias") return this.#alias(node.name, node.span, depth);
    if (depth > MAX_DEPTH) return this.#tooDeep(node.span);
    if (anchor !== null) this.#anchors.set(anchor, null);
    const tree = this.#plainTree(node, depth);
    if (anchor !== null) this.#anchors.set(anchor, tree);
    return tree;
  }

  #plainTree(node: Exclude<RawNode, { kind: "alias" | "nothing" }>, depth: number): Tree {
    switch (node.kind) {
      case "scalar":
        this.#requireShort(node);
        return node;
      case "mapping":
        return this.#pairs(node.pairs, node.span, depth);
      case "sequence": {
        const items = node.items.map((item) => this.#tree(item, node.span, depth + 1));
        return this.#sized({ kind: "sequence", items, span: node.span }, items);
      }
    }
  }

  #requireShort({ value, span: { start } }: Scalar): void {
    if (value.length <= MAX_VALUE_UNITS) return;
    const message = `Value has ${value.length.toLocaleString("en")} characters, and the limit is ${
      MAX_VALUE_UNITS.toLocaleString("en")
    }`;
    this.#failed = true; // A reader of a value may copy it, and a message may quote it.
    this.#collector.error("too-large", { message, span: { start, end: start + 1 } });
  }

  #pairs(pairs: readonly RawPair[], span: Span, depth: number): Mapping {
    const given = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const pair of pairs) {
      const key = this.#key(pair.key, span, depth);
      if (key === null) continue;
      const value = this.#tree(pair.value, { start: key.span.end, end: key.span.end }, depth + 1);
      const earlier = given.get(key.value);
      if (key.value === MERGE && key.style === "plain") merged.push(...this.#merge(key, value));
      else if (earlier === undefined) given.set(key.value, { key, value });
      else this.#duplicate(key, earlier.key);
    }
    const entries = [...given.values()];
    for (const entry of merged) {
      if (given.has(entry.key.value)) continue;
      given.set(entry.key.value, entry);
      entries.push(entry);
    }
    return this.#sized({ kind: "mapping", entries, span }, entries.map((entry) => entry.value));
  }

  #key(node: unknown, span: Span, depth: number): Scalar | null {
    const key = this.#tree(node, span, depth + 1);
    if (key.kind === "scalar") return key;
    this.#collector.error("bad-key", { message: "A key must be a text", span: key.span, hint: "put it in quotes" });
    return null;
  }

  #merge(key: Scalar, value: Tree): readonly Entry[] {
    const sources = value.kind === "sequence" ? value.items : [value];
    return sources.flatMap((source) => {
      if (source.kind === "mapping") return source.entries;
      this.#collector.error("wrong-kind", {
        message: 'Key "<<" must be a mapping or a list of mappings',
        span: source.span.end > source.span.start ? source.span : key.span,
        hint: "such as <<: *anchor",
      });
      return [];
    });
  }

  #duplicate(key: Scalar, earlier: Scalar): void {
    this.#collector.error("duplicate-key", {
      message: `Key "${key.value}" occurs twice`,
      span: key.span,
      related: [{ message: "first here", span: earlier.span }],
    });
  }

  #alias(name: string, span: Span, depth: number): Tree {
    const target = this.#anchors.get(name);
    if (target === undefined || target === null) {
      const message = target === null ? `Alias "*${name}" is inside its own anchor` : `Unknown alias "*${name}"`;
      this.#failed = true;
      const port = /^:(\d+)$/.exec(name)?.[1];
      const hint = port === undefined ? `an anchor "&${name}" must come before it` : `write inet/0.0.0.0:${port}`;
      this.#collector.error("unknown-alias", { message, span, hint });
      return emptyScalar(span);
    }
    const size = this.#sizeOf(target);
    if (depth + size.depth > MAX_DEPTH) return this.#tooDeep(span);
    this.#expanded += size.parts;
    if (this.#expanded > MAX_EXPANDED && !this.#failed) {
      this.#failed = true;
      this.#collector.error("alias-bomb", {
        message: `Aliases expand to more than ${MAX_EXPANDED.toLocaleString("en")} parts of the text`,
        span,
        hint: "write less of it by alias",
      });
    }
    return target;
  }

  #tooDeep({ start }: Span): Tree {
    const span = { start, end: start + 1 };
    if (!this.#failed) {
      this.#collector.error("too-deep", { message: `Text is nested more than ${MAX_DEPTH} levels deep`, span });
    }
    this.#failed = true;
    return emptyScalar(span);
  }

  #sizeOf(tree: Tree): Size {
    return this.#sizes.get(tree) ?? { parts: 1, depth: 0 };
  }

  #sized<T extends Tree>(tree: T, parts: readonly Tree[]): T {
    const sizes = parts.map((part) => this.#sizeOf(part));
    this.#sizes.set(tree, {
      parts: sizes.reduce((sum, size) => sum + size.parts, 1),
      depth: sizes.reduce((deepest, size) => Math.max(deepest, size.depth), 0) + 1,
    });
    return tree;
  }
}

function emptyScalar(span: Span): Scalar {
  return { kind: "scalar", value: "", style: "plain", span };
}
