/**
 * Numbers whose unit is fixed, such as the microseconds of a pipe's delay: advice on `200ms` or `10Mbit`.
 *
 * @module
 */

import type { TypeDescription } from "./description.ts";

/** The factors of units that people write, by the fixed unit of the number. */
const FACTORS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "µs": { ns: 1e-3, us: 1, "µs": 1, ms: 1e3, s: 1e6, sec: 1e6, second: 1e6, seconds: 1e6, m: 6e7, min: 6e7 },
  s: { ms: 1e-3, s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minutes: 60, h: 3600 },
  "bit/s": { b: 1, bit: 1, bps: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9 },
  "%": { "%": 1 },
};
const NUMBER = /^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z\u00b5\u03bc%/]+)$/;

/** Advice on a text with a unit for a number with a fixed unit; null for any other text or type. */
export function numberUnitHint(text: string, unit: string, description: TypeDescription): string | null {
  const [, digits, written = ""] = NUMBER.exec(text.trim()) ?? [];
  if (digits === undefined || description.kind !== "integer") return null;
  const value = Number(digits) * (factorOf(written, unit) ?? NaN);
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = description.range ?? {};
  // A value that is not whole, or out of range, would cause another error.
  const fits = Number.isInteger(value) && value >= min && value <= max;
  return fits ? `write ${value}: the unit is ${unit}` : `write a whole number without a unit: it counts ${unit}`;
}

function factorOf(written: string, unit: string): number | null {
  const factors = Object.hasOwn(FACTORS, unit) ? FACTORS[unit] ?? {} : {};
  const small = written.toLowerCase().replace("\u03bc", "\u00b5");
  const inBytes = unit === "bit/s" ? /^([kmg]?)(?:B|[Bb]ytes?)(?:ps|\/s)?$/i.exec(written) : null;
  if (inBytes !== null && /B|byte/.test(written)) return 8 * (factors[inBytes[1]?.toLowerCase() || "b"] ?? NaN);
  const plain = unit === "bit/s" ? small.replace(/(?:it)?(?:s|\/s|ps)?$/, "") : small;
  const found = [small, plain].find((one) => Object.hasOwn(factors, one));
  if (found !== undefined) return factors[found] ?? null;
  return small === unit.toLowerCase() ? 1 : null;
}
