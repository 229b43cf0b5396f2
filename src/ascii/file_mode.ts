/**
 * Permission bits of a file, as in chmod(1): three octal digits, with or without a 0 before them.
 *
 * ```text
 * mode = [ "0" ] octal octal octal
 * ```
 *
 * @module
 */

import { readScalar } from "./part.ts";
import { describeToken } from "./scanner.ts";
import type { AsciiType } from "./type.ts";

/** Permission bits: `0660`. 32 bits in binary. */
export const fileMode: AsciiType<number> = {
  description: { kind: "named", name: "mode", examples: ["0660"] },
  parse: (scanner) => {
    const token = scanner.peek();
    if (token.kind !== "word" || !/^0?[0-7]{3}$/.test(token.text)) {
      throw scanner.failAt(token, "EINVAL", `Expected a file's mode but found ${describeToken(token)}`, "such as 0660");
    }
    scanner.next();
    return Number.parseInt(token.text, 8);
  },
  read: (literal) => readScalar(fileMode, literal),
  format: (value) => value.toString(8).padStart(4, "0"),
  pack: (value, writer) => writer.integer(value, 32),
  unpack: (reader) => reader.integer(32),
};
