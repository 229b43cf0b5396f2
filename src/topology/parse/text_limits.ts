/**
 * Limits of a text, checked before it is parsed.
 *
 * The parser needs some 400 bytes of memory for each of its tokens, regardless of its length: a text of a few MiB can
 * contain enough of them to end the process. Therefore tokens are estimated from the characters, in one pass that
 * allocates nothing, and a text above the limit is never parsed.
 *
 * @module
 */

import type { DiagnosticCollector } from "./diagnostic.ts";

/** The limit of a file, in bytes. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** The limit of all files of one source together, in bytes. */
export const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
/** The limit of tokens of a file: some 7,000 listeners, or 20,000 nodes of a line each. */
export const MAX_TOKENS = 500_000;
/** The longest value, in UTF-16 units: a graph keeps and shows many copies of it. */
export const MAX_VALUE_UNITS = 64 * 1024;
/** The limit of nodes of all topologies of a source, including templates: an engine keeps all of them. */
export const MAX_NODES = 20_000;
/** The limit of topologies of a source. */
export const MAX_TOPOLOGIES = 1_000;
/** The limit of environment variables in a file. */
export const MAX_VARIABLES = 1_000;

/** The limit of a file as text. */
export const MAX_FILE_TEXT = `${MAX_FILE_BYTES / (1024 * 1024)} MiB`;

/** The limit of consecutive indicators such as `- - -`: each is a level of nesting. */
const MAX_INDICATORS = 100;

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DASH = 0x2d;
const QUESTION = 0x3f;

/** The number of tokens by the character that causes them: the indicator itself, and those that the parser adds. */
const COSTS = new Uint8Array(128);
for (const [characters, cost] of [["\n", 2], [",", 3], ["[{", 3], ["]}", 1], ["*&!", 2]] as const) {
  for (const character of characters) COSTS[character.charCodeAt(0)] = cost;
}
/** A key, its colon, the blank and the value. */
const PAIR_COST = 4;
/** An item's dash, the blank and the value. */
const ITEM_COST = 3;

/** The properties of a text that determine the parser's memory and stack. */
export interface TextWeight {
  readonly tokens: number;
  /** True if brackets are nested too deeply at some place; those within quotes and comments count too. */
  readonly deepBrackets: boolean;
  /** The offset of too many consecutive indicators; null if there are none. */
  readonly deepIndicators: number | null;
}

/** Estimates the cost of parsing a text. Never too low, but too high for quotes, comments and prose. */
export function weighText(text: string, maxDepth: number): TextWeight {
  let tokens = 0;
  let depth = 0;
  let deepest = 0;
  let row = 0;
  let deepIndicators: number | null = null;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === SPACE || code === TAB) continue;
    if ((code === DASH || code === QUESTION || code === COLON) && endsWord(text.charCodeAt(at + 1))) {
      tokens += code === DASH ? ITEM_COST : PAIR_COST;
      if (++row > MAX_INDICATORS) deepIndicators ??= at;
      continue;
    }
    row = 0;
    if (code >= 128) continue;
    tokens += code === COLON ? 1 : COSTS[code] ?? 0;
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
  }
  return { tokens, deepBrackets: deepest > maxDepth, deepIndicators };
}

/** Adds a diagnostic if a text has too many tokens; true if it has. */
export function refuseTooManyTokens({ tokens }: TextWeight, collector: DiagnosticCollector): boolean {
  if (tokens <= MAX_TOKENS) return false;
  const [has, limit] = [tokens, MAX_TOKENS].map(inWords);
  collector.error("too-large", {
    message: `File has about ${has} YAML tokens, and the limit is ${limit}`,
    span: null,
    hint: "split it into several files",
  });
  return true;
}

/** The totals of several topologies. */
export class TopologySizes {
  #topologies = 0;
  #nodes = 0;

  /** Adds a topology. */
  add({ nodes, templates }: SizedTopology): void {
    this.#topologies++;
    this.#nodes += templates.reduce((sum, template) => sum + template.nodes.length, nodes.length);
  }

  /** The exceeded limit of a source, as a message; null if there is none. */
  excess(what: "File" | "Source"): string | null {
    if (this.#topologies > MAX_TOPOLOGIES) return `${what} has more than ${inWords(MAX_TOPOLOGIES)} topologies`;
    if (this.#nodes > MAX_NODES) return `${what} has topologies of more than ${inWords(MAX_NODES)} nodes`;
    return null;
  }
}

interface SizedTopology {
  readonly nodes: readonly unknown[];
  readonly templates: readonly { readonly nodes: readonly unknown[] }[];
}

function inWords(count: number): string {
  return count.toLocaleString("en");
}

/** True for characters that may follow an indicator. */
function endsWord(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN || Number.isNaN(code);
}
