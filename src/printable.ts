/**
 * Untrusted text made safe for printing: characters that would control a terminal, forge a line or reorder text are
 * replaced by their number, `\u001b`, as in JSON and YAML.
 *
 * @module
 */

/** Control characters, line separators, and what changes the direction of writing. */
// deno-lint-ignore no-control-regex -- Control characters are what this is about.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name or value on one line. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Text of several lines: line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE, (character) => {
    return character === "\n" || character === "\t" ? character : escapeCharacter(character);
  });
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
