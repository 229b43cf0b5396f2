/**
 * Errors of a part, as errors of the whole.
 *
 * @module
 */

import { AsciiError } from "./error.ts";

/** Runs a parser of a part of the text that begins at `offset`, so that its errors count in the whole. */
export function shifted<T>(offset: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    throw error.moved((one) => ({ offset: offset + one.offset }));
  }
}
