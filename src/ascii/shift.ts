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
    const { length, path, hint } = error;
    throw new AsciiError(error.code, error.message, { offset: offset + error.offset, length, path, hint });
  }
}
