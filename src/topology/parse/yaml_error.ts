/**
 * YAML's errors in our terms: the place of the cause rather than that of its detection, and advice.
 *
 * @module
 */

import type { DiagnosticCode, Problem } from "./diagnostic.ts";
import type { Span } from "./source.ts";

/** An error of the YAML library. */
export interface YamlError {
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  /** The start of a text or of brackets without an end; null for other errors. */
  readonly opening: Span | null;
}

/** Our error. */
export interface ExplainedError extends Problem {
  readonly code: DiagnosticCode;
}

const CLOSING: Readonly<Record<string, string>> = { "[": "]", "{": "}" };
const BRACKETS: Readonly<Record<string, string>> = { "[": "a list", "{": "a mapping" };

/** One error in our terms. */
export function explainYamlError(text: string, error: YamlError): ExplainedError {
  return explainQuotes(text, error) ?? explainOpening(text, error) ?? explainIndent(text, error) ??
    explainByCode(text, error);
}

/** `[connect: ${x}]` and `{ bind: inet6/[::1]:80 }`: a bracket inside a plain text, within a flow collection. */
function explainQuotes(text: string, { code, message, span }: YamlError): ExplainedError | null {
  const at = span.start;
  const bracket = text.charAt(at);
  const what = BRACKETS[bracket];
  const known = code === "UNEXPECTED_TOKEN" || (code === "MISSING_CHAR" && message.includes("between flow"));
  if (!known || what === undefined) return null;
  const word = wordAround(text, at);
  const found = text.slice(word.start, word.end);
  if (/^\w+=/.test(found)) return explainEquals(found, word);
  const closed = found + missingClosings(found);
  return {
    code: "yaml-quotes",
    message: `Text "${found}" needs quotes inside { } or [ ], where "${bracket}" begins ${what}`,
    span: word,
    hint: `write "${closed}" with its quotes`,
  };
}

/** `{ level=0xffff value=[ 1 ] }`: the ASCII form of a struct, instead of YAML's own. */
function explainEquals(found: string, span: Span): ExplainedError {
  const name = found.slice(0, found.indexOf("="));
  return {
    code: "yaml-quotes",
    message: `Text "${found}" is not YAML: inside { } it has ${name}: and a value, with commas between`,
    span,
    hint: `write "{ … }" with its quotes, or ${name}: …, …`,
  };
}

/** The text that was meant as one: the item or value with the bracket, which continues after it closes. */
function wordAround(text: string, at: number): Span {
  let start = at;
  while (start > 0 && !/[\n,[{]/.test(text.charAt(start - 1)) && !/^:\s$/.test(text.slice(start - 2, start))) start--;
  while (start < at && /\s/.test(text.charAt(start))) start++;
  const open: string[] = [];
  let end = at;
  for (; end < text.length && text.charAt(end) !== "\n"; end++) {
    const one = text.charAt(end);
    if (Object.hasOwn(CLOSING, one)) open.push(CLOSING[one] ?? "");
    // A bracket of the other kind closes the surrounding collection.
    else if (/[\]}]/.test(one) && open.pop() !== one) break;
    if (open.length === 0 && one === ",") break;
  }
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

/** The brackets that close the open ones of `text`. */
function missingClosings(text: string): string {
  const open: string[] = [];
  for (const one of text) {
    if (Object.hasOwn(CLOSING, one)) open.unshift(CLOSING[one] ?? "");
    else if (/[\]}]/.test(one)) open.shift();
  }
  return open.map((one) => (one === "}" ? " }" : one)).join("");
}

function explainOpening(text: string, { code, opening }: YamlError): ExplainedError | null {
  if (opening === null || (code !== "MISSING_CHAR" && code !== "BAD_INDENT")) return null;
  const character = text.charAt(opening.start);
  if (!/["'[{]/.test(character)) return null;
  const closing = CLOSING[character] ?? character;
  return {
    code: "yaml-syntax",
    message: `The ${character} that begins here has no closing ${closing}`,
    span: opening,
    hint: `add ${closing}`,
  };
}

/** A line with one blank too few or too many: the parser reads it as part of the value above. */
function explainIndent(text: string, { code, span }: YamlError): ExplainedError | null {
  const start = misalignedLine(text, code, span);
  if (start === null) return null;
  const line = text.slice(start, endOfLine(text, start));
  const indent = line.search(/\S/);
  const at = start + indent;
  const near = alignedLine(text.slice(0, start), { indent, isItem: line.startsWith("-", indent) });
  return {
    code: "yaml-syntax",
    message: "The indentation of this line differs from that of the other lines of its mapping or list",
    span: { start: at, end: start + line.trimEnd().length },
    hint: near === null ? "align it with the lines above" : `align it with line ${near}`,
  };
}

/** The start of the line; null if the cause is another. */
function misalignedLine(text: string, code: string, { start }: Span): number | null {
  const own = text.lastIndexOf("\n", start - 1) + 1;
  if (code === "BAD_INDENT") return own;
  if (code !== "BLOCK_AS_IMPLICIT_KEY") return null;
  if (text.slice(own, start).trim() === "" && /^\s*- /.test(text.slice(own))) return own;
  const rest = text.slice(start, endOfLine(text, start));
  if (/:(\s|$)/.test(rest.trimEnd())) return null;
  const next = /^(?:\s*(?:#.*)?\n)*/.exec(text.slice(endOfLine(text, start) + 1))?.[0].length ?? 0;
  return endOfLine(text, start) + 1 + next;
}

/**
 * The number of the nearest line above that is also an item or a key with a similar indentation; null if there is none.
 */
function alignedLine(
  above: string,
  { indent, isItem }: { readonly indent: number; readonly isItem: boolean },
): number | null {
  const lines = above.split("\n").slice(0, -1);
  const index = lines.findLastIndex((line) => {
    const other = line.search(/\S/);
    const distance = Math.abs(other - indent);
    if (other < 0 || distance === 0 || distance > 1) return false;
    return isItem ? line.startsWith("-", other) : /^\s*[^\s#-][^#]*:(\s|$)/.test(line);
  });
  return index < 0 ? null : index + 1;
}

function endOfLine(text: string, start: number): number {
  const newline = text.indexOf("\n", start);
  return newline < 0 ? text.length : newline;
}

/** Message and advice by the library's code. */
const BY_CODE: Readonly<Record<string, readonly [DiagnosticCode, string, string | null]>> = {
  TAB_AS_INDENT: ["tab-indentation", "YAML must be indented with spaces, not tabs", "use spaces"],
  BLOCK_AS_IMPLICIT_KEY: [
    "yaml-syntax",
    'A second ": " in one value',
    "quote the value, or put the inner mapping on lines of its own",
  ],
  MULTILINE_IMPLICIT_KEY: ["yaml-syntax", "A key cannot go over several lines", 'end the key with ":"'],
  BAD_DQ_ESCAPE: ["yaml-syntax", "Unknown escape in a double-quoted text", "write \\\\ for a backslash"],
  BAD_SCALAR_START: ["yaml-quotes", "A plain text cannot begin with this character", "put the text in quotes"],
  BLOCK_IN_FLOW: ["yaml-syntax", "Indented lines are not allowed inside { } or [ ]", null],
  KEY_OVER_1024_CHARS: ["yaml-syntax", "A key is longer than 1,024 characters", null],
};

function explainByCode(text: string, { code, message, span }: YamlError): ExplainedError {
  if (code === "MISSING_CHAR" && message.includes("map values")) {
    return { code: "yaml-syntax", message: 'Expected "key: value" here', span: lineRest(text, span), hint: null };
  }
  const known = BY_CODE[code];
  if (known === undefined) return { code: "yaml-syntax", message, span, hint: null };
  const [ours, words, hint] = known;
  return { code: ours, message: words, span: code === "BLOCK_AS_IMPLICIT_KEY" ? lineRest(text, span) : span, hint };
}

/** From the span's beginning to the end of its line: the visible part of the problem. */
function lineRest(text: string, { start }: Span): Span {
  const line = text.slice(start, endOfLine(text, start));
  return { start, end: start + line.trimEnd().length };
}
