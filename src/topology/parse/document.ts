/**
 * YAML 1.2 text → trees with places. The only importer of `yaml`.
 *
 * All errors of the library become our diagnostics. A document with a syntax error yields only that error and no tree,
 * because further errors would be guesses.
 *
 * @module
 */

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  parseAllDocuments,
  visit,
} from "yaml";
import { DiagnosticCollector } from "./diagnostic.ts";
import type { SourceFile, Span } from "./source.ts";
import { type Anchors, MAX_DEPTH, type RawNode, TreeBuilder } from "./tree_builder.ts";
import { refuseTooManyTokens, weighText } from "./text_limits.ts";
import { isNull, type ScalarStyle, type Tree } from "./tree.ts";
import { explainYamlError } from "./yaml_error.ts";

/** Lexemes that the lexer inserts: they are not in the text. */
const LEXER_MARKS: ReadonlySet<string> = new Set(["\x02", "\x18", "\x1f", "\ufeff"]);

/** The options of reading documents. */
export interface DocumentsOptions {
  /** The anchors of what a document includes, by its words. */
  readonly anchorsOf?: (contents: unknown) => Anchors;
  /** Receives the anchors of each document. */
  readonly onAnchors?: (anchors: Anchors) => void;
}

/** Every document of the file with content; those with errors are omitted. */
export function parseDocuments(
  collector: DiagnosticCollector,
  { anchorsOf, onAnchors }: DocumentsOptions = {},
): readonly Tree[] {
  const { text } = collector.file;
  if (refuseHeavyText(collector)) return [];
  const documents = readDocuments(collector);
  const trees: Tree[] = [];
  let empty = true;
  for (const document of documents) {
    const { contents } = document;
    if (reportErrors(document, text, collector)) empty = false;
    else if (contents !== null) {
      const builder = new TreeBuilder(collector, view, anchorsOf?.(contents));
      const tree = builder.build(contents);
      onAnchors?.(builder.anchors);
      if (tree !== null && isNull(tree)) continue;
      empty = false;
      if (tree?.kind === "mapping" && tree.entries.length === 0) {
        collector.error("empty-file", {
          message: "The topology is empty",
          span: tree.span,
          hint: 'begin with "nodes:"',
        });
        continue;
      }
      if (tree !== null) trees.push(tree);
    }
  }
  if (empty && collector.errors === 0) {
    collector.error("empty-file", { message: "File has no topology", span: null, hint: 'begin with "nodes:"' });
  }
  return trees;
}

/** `include:` at the beginning of a line, and the lines of its list. */
const INCLUDE = /^include[ \t]*:[^\n]*(?:\n(?:[ \t\]-][^\n]*|(?=\n)))*/gm;

/**
 * The words of `include` of all documents. Only these lines are parsed, because the thread that reads sources may move
 * data too; an invalid list has none, and is reported when the whole text is parsed.
 */
export function includeWords({ name, text }: SourceFile): readonly string[] {
  return [...text.matchAll(INCLUDE)].flatMap(([lines]) => {
    const collector = new DiagnosticCollector({ name, text: lines });
    if (refuseHeavyText(collector)) return [];
    return readDocuments(collector).flatMap(({ contents, errors }) => errors.length > 0 ? [] : wordsOf(contents));
  });
}

/** The words of `include` of one document. */
export function wordsOf(contents: unknown): readonly string[] {
  if (!isMap(contents)) return [];
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "include");
  const items = isSeq(pair?.value) ? pair.value.items : [];
  return items.flatMap((item) => isScalar(item) && typeof item.value === "string" ? [item.value] : []);
}

/** Rejects texts that would overload the parser; true if it is one. */
function refuseHeavyText(collector: DiagnosticCollector): boolean {
  const { text } = collector.file;
  const weight = weighText(text, MAX_DEPTH);
  if (refuseTooManyTokens(weight, collector)) return true;
  // Brackets in quotes and comments do not nest: only the lexer can distinguish them.
  const bracket = weight.deepBrackets ? deepestBracket(text) : null;
  const start = bracket?.start ?? weight.deepIndicators;
  if (start === null) return false;
  addTooDeep(collector, { start, end: start + 1 });
  return true;
}

function readDocuments(collector: DiagnosticCollector): readonly Document[] {
  const { text } = collector.file;
  try {
    return parseAllDocuments(text, {
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
  } catch (error) {
    // The library recurses: text that is nested thousands of levels deep overflows the stack.
    if (!(error instanceof RangeError)) throw error;
    addTooDeep(collector, deepestBracket(collector.file.text));
    return [];
  }
}

function addTooDeep(collector: DiagnosticCollector, span: Span | null): void {
  collector.error("too-deep", { message: `Text is nested more than ${MAX_DEPTH} levels deep`, span });
}

/** Reports a document's first error; true if there is one. */
function reportErrors(document: Document, text: string, collector: DiagnosticCollector): boolean {
  if (document.errors.some((error) => error.code === "RESOURCE_EXHAUSTION")) {
    addTooDeep(collector, deepestBracket(text));
    return true;
  }
  const first = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (first !== undefined) {
    const [start, end] = first.pos;
    const error = { code: first.code, message: first.message, span: { start, end }, opening: null };
    const opening = first.code === "MISSING_CHAR" || first.code === "BAD_INDENT" ? findOpening(document, start) : null;
    const { code, ...problem } = explainYamlError(text, { ...error, opening });
    collector.error(code, problem);
    return true;
  }
  for (const { pos: [start, end] } of document.warnings) {
    const tag = text.slice(start, end);
    collector.error("yaml-tag", {
      message: `Tag "${tag}" is not allowed here`,
      span: { start, end },
      hint: "remove it",
    });
  }
  return document.warnings.length > 0;
}

/** The start of the innermost quoted text or brackets that reach to `end`. */
function findOpening(document: Document, end: number): Span | null {
  let found: Span | null = null;
  visit(document, (_key, node) => {
    if (isAlias(node) || (!isScalar(node) && !isCollection(node)) || !node.range) return;
    const opens = isScalar(node) ? /^QUOTE/.test(node.type ?? "") : node.flow === true;
    const [start, stop] = node.range;
    if (opens && start < end && stop >= end) found = { start, end: start + 1 };
  });
  return found;
}

/** The bracket that goes one level too deep. */
function deepestBracket(text: string): Span | null {
  let depth = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "[" || lexeme === "{") depth++;
    else if (lexeme === "]" || lexeme === "}") depth--;
    if (depth > MAX_DEPTH) return { start: offset, end: offset + 1 };
    if (!LEXER_MARKS.has(lexeme)) offset += lexeme.length;
  }
  return null;
}

function view(node: unknown): { node: RawNode; anchor: string | null } {
  if (isAlias(node)) return { node: { kind: "alias", name: node.source, span: spanOf(node.range) }, anchor: null };
  // A pair without braces in a list, `[a: 1]`, is a mapping of one key.
  if (isPair(node)) return { node: { kind: "mapping", pairs: [node], span: pairSpan(node.key) }, anchor: null };
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return { node: { kind: "nothing" }, anchor: null };
  const anchor = node.anchor ?? null;
  const span = spanOf(node.range);
  if (isMap(node)) return { node: { kind: "mapping", pairs: node.items, span }, anchor };
  if (isSeq(node)) return { node: { kind: "sequence", items: node.items, span }, anchor };
  const value = typeof node.value === "string" ? node.value : node.source ?? "";
  return { node: { kind: "scalar", value, style: styleOf(node.type), span }, anchor };
}

function pairSpan(key: unknown): Span {
  return spanOf(isScalar(key) || isCollection(key) ? key.range : null);
}

/** From a node's beginning to the end of its value, without the comments and blanks after it. */
function spanOf(range: readonly [number, number, number] | null | undefined): Span {
  return { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
}

function styleOf(type: string | undefined): ScalarStyle {
  switch (type) {
    case "QUOTE_SINGLE":
      return "single";
    case "QUOTE_DOUBLE":
      return "double";
    case "BLOCK_LITERAL":
    case "BLOCK_FOLDED":
      return "block";
    default:
      return "plain";
  }
}
