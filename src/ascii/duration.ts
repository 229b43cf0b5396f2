/**
 * Spans of time. The value is in milliseconds; a bare number is seconds.
 *
 * ```text
 * duration = digits [ "ms" | "s" | "m" | "h" ]
 * ```
 *
 * @module
 */

import { readScalar } from "./part.ts";
import { TIME_UNITS, TIME_WORDS } from "./time_unit.ts";
import type { AsciiType } from "./type.ts";
import { formatUnits, parseUnits } from "./unit.ts";

const MAX_MS = 0xffff_ffff;

/**
 * A span of time in milliseconds: `5s`, `250ms`, `1m`, `1h`; `5` is `5s`. 32 bits in binary.
 *
 * @example
 * ```ts
 * import { duration, parseText } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(duration, "250ms")); // 250
 * ```
 */
export const duration: AsciiType<number> = {
  description: { kind: "duration" },
  initial: 0,
  parse: (scanner) => {
    const grammar = { what: "duration", example: "5s or 250ms", units: TIME_UNITS, words: TIME_WORDS };
    return parseUnits(scanner, { ...grammar, bare: 1_000, max: MAX_MS });
  },
  read: (literal) => readScalar(duration, literal),
  format: (value) => value === 0 ? "0s" : formatUnits(value, TIME_UNITS),
  pack: (value, writer) => writer.integer(value, 32),
  unpack: (reader) => reader.integer(32),
};
