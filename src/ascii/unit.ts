/**
 * Whole numbers with a unit: the common part of durations and sizes.
 *
 * @module
 */

import { nearHint } from "./near.ts";
import { describeToken, type Scanner } from "./scanner.ts";

/** Units and their factors, the largest first. */
export type Units = readonly (readonly [unit: string, factor: number])[];

/** The differences between durations and sizes. */
export interface UnitGrammar {
  /** The name in error messages. */
  readonly what: string;
  /** A right one, for error messages. */
  readonly example: string;
  /** The units it may have. */
  readonly units: Units;
  /** Other spellings of units, in lower case. */
  readonly words: Readonly<Record<string, string>>;
  /** The factor of a number without unit. */
  readonly bare: number;
  /** The largest value. */
  readonly max: number;
}

const NUMBER = /^([0-9]+)(.*)$/;

/** Parses a word that is a whole number with a unit. */
export function parseUnits(scanner: Scanner, grammar: UnitGrammar): number {
  const { what, units, bare, max, example } = grammar;
  const token = scanner.peek();
  const [, digits, unit] = (token.kind === "word" ? NUMBER.exec(token.text) : null) ?? [];
  if (digits === undefined || unit === undefined) {
    throw scanner.failAt(token, "EINVAL", `Expected a ${what} but found ${describeToken(token)}`, `such as ${example}`);
  }
  if (/^0[0-9]/.test(digits)) {
    throw scanner.failAt(token, "EINVAL", `A ${what} does not begin with 0`, `write ${digits.replace(/^0+(?=.)/, "")}`);
  }
  const factor = unit === "" ? bare : units.find(([name]) => name === unit)?.[1];
  if (factor === undefined) {
    throw scanner.fail("EINVAL", `Unknown unit "${unit}" of a ${what}`, {
      offset: token.offset + digits.length,
      length: unit.length,
      hint: unitHint(digits, unit, grammar),
    });
  }
  const value = Number(digits) * factor;
  if (value > max) throw scanner.failAt(token, "EINVAL", `The ${what} ${token.text} is too large`);
  scanner.next();
  if (unit === "") refuseBlank(scanner, digits, grammar);
  return value;
}

function unitHint(digits: string, unit: string, grammar: UnitGrammar): string {
  const short = shortUnit(unit, grammar);
  const names = namesOf(grammar);
  if (short !== null) return `write ${digits}${short}`;
  if (unit.startsWith(".")) return "write a whole number of a smaller unit";
  if (/[0-9]/.test(unit)) return `write one number with one unit, such as ${grammar.example}`;
  return nearHint(unit, names) ?? `units are ${names.join(", ")}: such as ${grammar.example}`;
}

/** `5 minutes`: a unit as a separate word would be read as the next value. */
function refuseBlank(scanner: Scanner, digits: string, grammar: UnitGrammar): void {
  const token = scanner.peek();
  if (token.kind !== "word" || scanner.text[token.offset + token.length] === "=") return;
  const short = shortUnit(token.text, grammar);
  if (short === null) return;
  const hint = `write ${digits}${short}: units are ${namesOf(grammar).join(", ")}`;
  throw scanner.failAt(token, "EINVAL", `Unit "${token.text}" of a ${grammar.what} follows a space`, hint);
}

function shortUnit(word: string, { words, units }: UnitGrammar): string | null {
  if (word !== "" && units.some(([name]) => name === word)) return word;
  const name = word.toLowerCase();
  return Object.hasOwn(words, name) ? words[name] ?? null : null;
}

function namesOf({ units }: UnitGrammar): readonly string[] {
  return units.map(([name]) => name).filter((name) => name !== "");
}

/** A table of words for units: `{ m: "min minutes" }`. */
export function unitWords(words: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(words).flatMap(([unit, list]) => list.split(" ").map((word) => [word, unit])),
  );
}

/** The number with the largest unit that leaves no rest. */
export function formatUnits(value: number, units: Units): string {
  const [unit, factor] = units.find(([, factor]) => value % factor === 0) ?? ["", 1];
  return `${value / factor}${unit}`;
}
