/**
 * Whole numbers with a unit behind them: what durations and sizes have in common.
 *
 * @module
 */

import { nearHint } from "./near.ts";
import { describeToken, type Scanner } from "./scanner.ts";

/** Units and their factors, the largest first. */
export type Units = readonly (readonly [unit: string, factor: number])[];

/** What makes a duration a duration and a size a size. */
export interface UnitGrammar {
  /** What error messages call it. */
  readonly what: string;
  /** A right one, for error messages. */
  readonly example: string;
  /** The units it may have. */
  readonly units: Units;
  /** The factor of a number without unit. */
  readonly bare: number;
  /** The largest value. */
  readonly max: number;
}

const NUMBER = /^([0-9]+)(.*)$/;

/** Takes a word that is a whole number with a unit. */
export function parseUnits(scanner: Scanner, grammar: UnitGrammar): number {
  const { what, example, units, bare, max } = grammar;
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
    const names = units.map(([name]) => name).filter((name) => name !== "");
    throw scanner.fail("EINVAL", `Unknown unit "${unit}" of a ${what}`, {
      offset: token.offset + digits.length,
      length: unit.length,
      hint: unit.startsWith(".")
        ? "write a whole number of a smaller unit"
        : nearHint(unit, names) ?? `units are ${names.join(", ")}: such as ${example}`,
    });
  }
  const value = Number(digits) * factor;
  if (value > max) throw scanner.failAt(token, "EINVAL", `The ${what} ${token.text} is too large`);
  scanner.next();
  return value;
}

/** The number with the largest unit that leaves no rest. */
export function formatUnits(value: number, units: Units): string {
  const [unit, factor] = units.find(([, factor]) => value % factor === 0) ?? ["", 1];
  return `${value / factor}${unit}`;
}
