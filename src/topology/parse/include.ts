/**
 * `include` of a topology: the templates of other files, and their anchors (below `x-` keys) for aliases.
 *
 * The texts of included files are behind the file's own in one text, so that every place of every part is one offset.
 * This module does not read files: the source that has the text has those that it includes.
 *
 * @module
 */

import { DiagnosticCollector } from "./diagnostic.ts";
import { parseDocuments, wordsOf } from "./document.ts";
import { IGNORED_PREFIX } from "./format.ts";
import type { SourceFile, SourcePart, Span } from "./source.ts";
import { describeTree, type Entry, isNull, type Mapping, type Scalar, type Tree } from "./tree.ts";
import type { Anchors } from "./tree_builder.ts";

/** A file that is included, directly or by another one. */
export interface IncludedFile {
  /** Its identity: the absolute path, or the path in the repository. */
  readonly key: string;
  /** Its name in output. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
  /** The folder for its relative paths; null: they are rejected. */
  readonly directory: string | null;
}

/** A word of `include`, and the file that it names. */
export interface IncludeEdge {
  /** The key of the file that has the word; null for the topology's own. */
  readonly from: string | null;
  /** The word. */
  readonly word: string;
  /** The key of the file; null if it cannot be used. */
  readonly key: string | null;
  /** Why it cannot be used; null if it can. */
  readonly problem: string | null;
}

/** All files that a text includes. */
export interface Included {
  /** The files. */
  readonly files: readonly IncludedFile[];
  /** The words that name them. */
  readonly edges: readonly IncludeEdge[];
  /** The keys of files that cannot be used: they may be usable later. */
  readonly unusable: readonly string[];
}

/** A text that includes nothing. */
export const NOTHING_INCLUDED: Included = { files: [], edges: [], unusable: [] };

/** The keys of an included file. */
const KEYS: readonly string[] = ["include", "templates"];

/** The text of a file and of those that it includes, as one. */
export function joinSource({ name, text }: SourceFile, { files }: Included): SourceFile {
  if (files.length === 0) return { name, text };
  const parts: SourcePart[] = [];
  let joined = text;
  for (const file of files) {
    joined += "\n";
    parts.push({ name: file.name, start: joined.length, directory: file.directory });
    joined += file.text;
  }
  return { name, text: joined, parts };
}

/**
 * The documents of a text, each with the templates of what it includes.
 *
 * @param collector that of the joined text
 * @param own the text alone
 */
export function readDocuments(collector: DiagnosticCollector, own: SourceFile, included: Included): readonly Tree[] {
  const reader = new IncludeReader(collector, included);
  const trees = parsePart(collector, own, {
    start: 0,
    options: { anchorsOf: (contents) => reader.anchorsOf(null, wordsOf(contents)) },
  });
  if (trees.length === 0) reader.reportUnreachable(null, 0);
  return trees.map((tree) => reader.withTemplates(tree));
}

interface PartOptions {
  readonly start: number;
  readonly options: Parameters<typeof parseDocuments>[1];
}

/** The documents of one text, with the places of the joined text. */
function parsePart(collector: DiagnosticCollector, file: SourceFile, { start, options }: PartOptions): readonly Tree[] {
  if (start === 0 && collector.file.text === file.text) return parseDocuments(collector, options);
  const own = new DiagnosticCollector(file);
  const trees = parseDocuments(own, options);
  const moved = (span: Span): Span => ({ start: span.start + start, end: span.end + start });
  for (const { code, severity, message, span, hint, related } of own.list()) {
    if (code === "empty-file" && start > 0) continue; // An included file may be empty.
    collector.add(code, severity, {
      message,
      span: span === null ? { start, end: start } : moved(span),
      hint,
      related: related.map((one) => ({ ...one, span: moved(one.span) })),
    });
  }
  return trees;
}

interface ReadPart {
  readonly anchors: Anchors;
  /** The templates of the file and of those that it includes. */
  readonly templates: readonly Entry[];
}

const NO_PART: ReadPart = { anchors: new Map(), templates: [] };

/** Reads included files, each once. */
class IncludeReader {
  readonly #collector: DiagnosticCollector;
  readonly #included: Included;
  readonly #parts = new Map<string, ReadPart>();
  /** The files that are being read, each included by the one before. */
  readonly #open: string[] = [];
  /** Templates that were reported. */
  readonly #twice = new Set<string>();

  constructor(collector: DiagnosticCollector, included: Included) {
    this.#collector = collector;
    this.#included = included;
  }

  /** The anchors of the files that a document includes; a later one replaces those of an earlier one. */
  anchorsOf(from: string | null, words: readonly string[]): Anchors {
    return new Map(words.flatMap((word) => {
      const { key } = this.#edge(from, word);
      return key === null ? [] : [...this.#part(key).anchors];
    }));
  }

  /** The document with the templates of what it includes. */
  withTemplates(tree: Tree): Tree {
    if (tree.kind !== "mapping") return tree;
    const found = this.#includedTemplates(null, tree);
    if (found.length === 0) return tree;
    const own = tree.entries.find(({ key }) => key.value === "templates");
    if (own !== undefined && own.value.kind !== "mapping" && !isNull(own.value)) return tree;
    const entries = own?.value.kind === "mapping" ? own.value.entries : [];
    const value: Mapping = {
      kind: "mapping",
      span: own?.value.span ?? tree.span,
      entries: this.#together([...entries, ...found]),
    };
    const key: Scalar = own?.key ?? { kind: "scalar", value: "templates", style: "plain", span: tree.span };
    return { ...tree, entries: [...tree.entries.filter((entry) => entry !== own), { key, value }] };
  }

  /** The templates of all files that a mapping includes, each file once. */
  #includedTemplates(from: string | null, tree: Mapping): readonly Entry[] {
    const include = tree.entries.find(({ key }) => key.value === "include");
    if (include?.value.kind !== "sequence") return []; // The table of keys reports it.
    const seen = new Map<string, Scalar>();
    return include.value.items.flatMap((item) => {
      if (item.kind !== "scalar" || isNull(item)) {
        this.#report(
          "wrong-kind",
          item,
          `A file to include must be a path but is ${describeTree(item)}`,
          "such as common.yaml",
        );
        return [];
      }
      const edge = this.#edge(from, item.value);
      if (edge.problem !== null) this.#report("bad-include", item, edge.problem, null);
      if (edge.key === null) return [];
      const earlier = seen.get(edge.key);
      if (earlier !== undefined) {
        const message = `File "${item.value}" is included twice`;
        this.#collector.error("duplicate-key", {
          message,
          span: item.span,
          related: [{ message: "first here", span: earlier.span }],
        });
        return [];
      }
      seen.set(edge.key, item);
      return this.#part(edge.key).templates;
    });
  }

  /** Reports files that cannot be included by a text that cannot be parsed, maybe because of their anchors. */
  reportUnreachable(from: string | null, start: number): void {
    for (const edge of this.#included.edges) {
      if (edge.from !== from || edge.problem === null) continue;
      this.#collector.error("bad-include", { message: edge.problem, span: { start, end: start } });
    }
  }

  #part(key: string): ReadPart {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const index = this.#included.files.findIndex((file) => file.key === key);
    const file = this.#included.files[index];
    const start = this.#collector.file.parts?.[index]?.start;
    if (file === undefined || start === undefined || this.#open.includes(key)) return NO_PART;
    this.#open.push(key);
    const part = this.#read(file, start);
    this.#open.pop();
    this.#parts.set(key, part);
    return part;
  }

  #read(file: IncludedFile, start: number): ReadPart {
    let anchors: Anchors = new Map();
    const shift = new Shift(start);
    const [found, second] = parsePart(this.#collector, file, {
      start,
      options: {
        // The parts that it includes have their places already.
        anchorsOf: (contents) => shift.back(this.anchorsOf(file.key, wordsOf(contents))),
        onAnchors: (own) => anchors = own,
      },
    });
    if (found === undefined) {
      this.reportUnreachable(file.key, start);
      return NO_PART;
    }
    const tree = shift.tree(found);
    if (second !== undefined) {
      const message = "An included file has one document but this has several";
      this.#report("wrong-kind", shift.tree(second), message, "move them to files of their own");
    }
    return {
      anchors: new Map([...anchors].map(([name, { tree, size }]) => [name, { tree: shift.tree(tree), size }])),
      templates: this.#templatesOf(file, tree),
    };
  }

  #templatesOf(file: IncludedFile, tree: Tree): readonly Entry[] {
    if (tree.kind !== "mapping") {
      const message = `An included file must be a mapping but is ${describeTree(tree)}`;
      this.#report("wrong-kind", tree, message, "such as templates: { session: … }");
      return [];
    }
    for (const { key } of tree.entries) {
      if (KEYS.includes(key.value) || key.value.startsWith(IGNORED_PREFIX)) continue;
      const message = `Key "${key.value}" is not allowed in an included file`;
      const hint = `it may have ${KEYS.join(", ")}, and keys that begin with ${IGNORED_PREFIX}`;
      this.#collector.error("unknown-key", { message, span: key.span, hint });
    }
    for (const { key, value } of tree.entries) {
      const kind = { include: "sequence", templates: "mapping" }[key.value];
      if (kind === undefined || isNull(value) || value.kind === kind) continue;
      const message = `Key "${key.value}" must be a ${kind === "sequence" ? "list" : kind} but is ${
        describeTree(value)
      }`;
      this.#collector.error("wrong-kind", { message, span: value.span });
    }
    const own = tree.entries.find(({ key }) => key.value === "templates")?.value;
    const entries = own?.kind === "mapping"
      ? own.entries.filter(({ key }) => !key.value.startsWith(IGNORED_PREFIX))
      : [];
    return this.#together([...entries, ...this.#includedTemplates(file.key, tree)]);
  }

  /** Templates without duplicates. The same one may come by several ways. */
  #together(entries: readonly Entry[]): readonly Entry[] {
    const known = new Map<string, Entry>();
    for (const entry of entries) {
      const { key } = entry;
      const earlier = known.get(key.value)?.key;
      if (earlier === undefined) known.set(key.value, entry);
      else if (earlier.span.start !== key.span.start && !this.#twice.has(key.value)) {
        this.#twice.add(key.value);
        this.#collector.error("duplicate-key", {
          message: `Template "${key.value}" is defined twice`,
          span: key.span,
          related: [{ message: "first here", span: earlier.span }],
        });
      }
    }
    return [...known.values()];
  }

  #edge(from: string | null, word: string): IncludeEdge {
    return this.#included.edges.find((edge) => edge.from === from && edge.word === word) ??
      {
        from,
        word,
        key: null,
        problem: `Cannot include "${word}": write include: at the beginning of a line, and its list there`,
      };
  }

  #nameOf(key: string): string {
    return this.#included.files.find((file) => file.key === key)?.name ?? key;
  }

  #report(
    code: "bad-include" | "wrong-kind",
    { span }: Tree,
    message: string,
    hint: string | null,
  ): void {
    this.#collector.error(code, { message, span, hint });
  }
}

/** Moves the places of trees; a part that is shared by aliases stays shared. */
class Shift {
  readonly #by: number;
  readonly #moved = new Map<Tree, Tree>();
  /** Parts of other files, which have their places already. */
  readonly #placed = new Set<Tree>();

  constructor(by: number) {
    this.#by = by;
  }

  /** Anchors of other files. */
  back(anchors: Anchors): Anchors {
    for (const { tree } of anchors.values()) this.#placed.add(tree);
    return anchors;
  }

  tree(tree: Tree): Tree {
    if (this.#placed.has(tree)) return tree;
    const known = this.#moved.get(tree);
    if (known !== undefined) return known;
    const moved = this.#copy(tree);
    this.#moved.set(tree, moved);
    return moved;
  }

  #copy(tree: Tree): Tree {
    const span = { start: tree.span.start + this.#by, end: tree.span.end + this.#by };
    if (tree.kind === "scalar") return { ...tree, span };
    if (tree.kind === "sequence") return { ...tree, span, items: tree.items.map((item) => this.tree(item)) };
    const entries = tree.entries.map(({ key, value }) => ({ key: this.#key(key), value: this.tree(value) }));
    return { ...tree, span, entries };
  }

  #key(key: Scalar): Scalar {
    const moved = this.tree(key);
    return moved.kind === "scalar" ? moved : key;
  }
}
