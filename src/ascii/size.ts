/**
 * Amounts of octets. A bare number is octets.
 *
 * ```text
 * size = digits [ "KiB" | "MiB" | "GiB" | "TiB" ]
 * ```
 *
 * @module
 */

import { readScalar } from "./part.ts";
import type { AsciiType } from "./type.ts";
import { formatUnits, parseUnits, unitWords } from "./unit.ts";

/** Octets by unit, the largest first: the canonical text has the largest that leaves no rest. */
const UNITS = [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["", 1]] as const;

const WORDS = unitWords({
  TiB: "t tb tib",
  GiB: "g gb gib",
  MiB: "m mb mib",
  KiB: "k kb kib",
  "": "b byte bytes octet octets",
});

/**
 * An amount of octets: `1MiB`, `64KiB`, `512`. 64 bits in binary.
 *
 * @example
 * ```ts
 * import { parseText, size } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(size, "64KiB")); // 65536
 * ```
 */
export const size: AsciiType<number> = {
  description: { kind: "size" },
  initial: 0,
  parse: (scanner) => {
    const max = Number.MAX_SAFE_INTEGER;
    const grammar = { what: "size", example: "64KiB or 512", units: UNITS, words: WORDS };
    return parseUnits(scanner, { ...grammar, bare: 1, max });
  },
  read: (literal) => readScalar(size, literal),
  format: (value) => value === 0 ? "0" : formatUnits(value, UNITS),
  pack: (value, writer) => writer.integer(value, 64),
  unpack: (reader) => Number(reader.bigInteger(64)),
};
