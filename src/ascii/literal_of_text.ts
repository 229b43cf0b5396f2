/**
 * ASCII text → literal, without knowing its type: `dump` writes it as YAML's structs and lists if the type parses the
 * same value from them; relative paths in it are made absolute.
 *
 * @module
 */

import { parseText } from "./parse.ts";
import { Scanner, type Token } from "./scanner.ts";
import { string } from "./text.ts";
import { AsciiError } from "./error.ts";
import type { Literal, LiteralField } from "./literal.ts";

/** The literal of a text; null if it has no such form, such as an array with indexes. */
export function literalFromAscii(text: string): Literal | null {
  // A single word may have any grammar; only these beginnings are known.
  if (!/^[{["]/.test(text)) return { kind: "word", text };
  try {
    const scanner = new Scanner(text);
    const literal = readLiteral(scanner);
    return scanner.peek().kind === "end" ? literal : null;
  } catch (error) {
    if (error instanceof AsciiError) return null;
    throw error;
  }
}

function readLiteral(scanner: Scanner): Literal | null {
  const token = scanner.peek();
  switch (token.kind) {
    case "{":
      return readStruct(scanner);
    case "[":
      return readArray(scanner);
    case "string":
      return { kind: "word", text: parseText(string, scanner.next().text) };
    case "word":
      return { kind: "word", text: readRun(scanner) };
    default:
      return null;
  }
}

function readStruct(scanner: Scanner): Literal | null {
  scanner.next();
  const fields: LiteralField[] = [];
  while (scanner.peek().kind !== "}") {
    const name = scanner.next();
    if (name.kind !== "word" || scanner.next().kind !== "=") return null;
    const value = readLiteral(scanner);
    if (value === null) return null;
    fields.push({ name: name.text, value });
  }
  scanner.next();
  return { kind: "struct", fields };
}

function readArray(scanner: Scanner): Literal | null {
  scanner.next();
  const elements: Literal[] = [];
  while (scanner.peek().kind !== "]") {
    const value = readLiteral(scanner);
    if (value === null || scanner.peek().kind === "=") return null;
    elements.push(value);
  }
  scanner.next();
  return { kind: "array", elements };
}

/** A word and the text attached to it without a blank, such as `local/"/tmp/a b"` or `${node.query}`. */
function readRun(scanner: Scanner): string {
  const first = scanner.next();
  let end = endOf(first);
  // Inside a reference the braces belong to the word.
  let inside = 0;
  for (let next = scanner.peek(); next.offset === end; next = scanner.peek()) {
    const opens = next.kind === "{" && scanner.text[end - 1] === "$";
    if (opens) inside++;
    else if (next.kind === "}" && inside > 0) inside--;
    else if (next.kind !== "word" && next.kind !== "string") break;
    end = endOf(scanner.next());
  }
  return scanner.text.slice(first.offset, end);
}

function endOf({ offset, length }: Token): number {
  return offset + length;
}
