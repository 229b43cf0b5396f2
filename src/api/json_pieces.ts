/**
 * A JSON value as text in pieces, so that a long one keeps neither the thread nor its whole text to itself.
 *
 * The pieces together are the result of `JSON.stringify` for plain data.
 *
 * @module
 */

/** The minimum length of a piece, if the value is as long. */
const PIECE_CHARACTERS = 32 * 1024;
/** An array of more elements has small ones: each of them is made at a stretch. */
const MAX_LARGE = 100;
/** Deeper nesting is formatted without a pause. */
const MAX_LEVELS = 6;

/** The text of a value and a newline, in pieces. */
export function* jsonPieces(value: unknown): Generator<string, void, void> {
  let piece = "";
  for (const token of tokens(value, MAX_LEVELS)) {
    piece += token;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}\n`;
}

function* tokens(value: unknown, levels: number): Generator<string, void, void> {
  if (typeof value === "string") return yield* stringTokens(value);
  if (levels === 0) return yield stringify(value);
  if (Array.isArray(value)) return yield* arrayTokens(value, levels);
  if (isRecord(value)) return yield* recordTokens(value, levels);
  yield stringify(value);
}

function* arrayTokens(values: readonly unknown[], levels: number): Generator<string, void, void> {
  const inside = values.length > MAX_LARGE ? 0 : levels - 1;
  let before = "[";
  for (const value of values) {
    yield before;
    yield* tokens(value, inside);
    before = ",";
  }
  yield before === "[" ? "[]" : "]";
}

function* recordTokens(record: Readonly<Record<string, unknown>>, levels: number): Generator<string, void, void> {
  let before = "{";
  for (const [key, value] of Object.entries(record)) {
    // As JSON has it: what is not there has no key.
    if (value === undefined || typeof value === "function" || typeof value === "symbol") continue;
    yield `${before}${JSON.stringify(key)}:`;
    yield* tokens(value, levels - 1);
    before = ",";
  }
  yield before === "{" ? "{}" : "}";
}

/** A cut between the two halves of a character is harmless: JSON accepts each by its number. */
function* stringTokens(text: string): Generator<string, void, void> {
  if (text.length <= PIECE_CHARACTERS) return yield JSON.stringify(text);
  yield '"';
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
    yield JSON.stringify(text.slice(at, at + PIECE_CHARACTERS)).slice(1, -1);
  }
  yield '"';
}

function stringify(value: unknown): string {
  // A value without JSON form is null in a list, and at the top.
  return JSON.stringify(value) ?? "null";
}

/** True for plain data: what has a text of its own (a date) is no record. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !("toJSON" in value);
}
