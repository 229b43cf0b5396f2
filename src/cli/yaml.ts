/**
 * Plain data as YAML, for `-o yaml`: block style, words plain if they are unambiguous.
 *
 * @module
 */

/** Words that YAML reads as text: no number, no null, no boolean, no indicator. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_/.-]*$/;
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** Writes data that JSON could hold; ends without a newline. */
export function formatYaml(value: unknown): string {
  return block(value, 0).replace(/^\n/, "");
}

function block(value: unknown, depth: number): string {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    const items: readonly unknown[] = value;
    return items.map((item) => `\n${indent}-${inItem(item, depth + 1)}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}";
    return entries.map(([key, item]) => `\n${indent}${scalar(key)}:${block(item, depth + 1)}`).join("");
  }
  return ` ${scalar(value)}`;
}

/** An object begins on the line of its dash. */
function inItem(value: unknown, depth: number): string {
  return block(value, depth).replace(/^\n +/, " ");
}

function scalar(value: unknown): string {
  if (typeof value === "string") return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
  return value === undefined ? "null" : JSON.stringify(value);
}
