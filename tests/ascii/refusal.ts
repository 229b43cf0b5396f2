/**
 * How a text is refused, as plain data for comparison.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AsciiError } from "../../src/ascii/error.ts";

/** What of a refusal is asserted: everything but its prose. */
export interface Refusal {
  readonly code: string;
  readonly offset: number;
  readonly length: number;
  readonly path: readonly (string | number)[];
  readonly hint: string | null;
}

/** Runs what must throw an AsciiError and gives it back as data. */
export function refusal(run: () => unknown): Refusal {
  try {
    const value = run();
    assert.fail(`Expected a refusal, got ${typeof value === "bigint" ? value : JSON.stringify(value)}`);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const { code, offset, length, path, hint } = error;
    return { code, offset, length, path, hint };
  }
}
