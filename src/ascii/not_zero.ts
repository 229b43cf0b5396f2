/**
 * Numbers of which 0 would do nothing but harm: a size that fits nothing, a time in which nothing can happen.
 *
 * @module
 */

import { AsciiError } from "./error.ts";
import type { AsciiType } from "./type.ts";

const USUAL_HINT = "leave it out for the default";

/**
 * The type without 0.
 *
 * @param effect the effect of 0, such as `drops every item`
 * @param hint what to write instead
 */
export function notZero(type: AsciiType<number>, effect: string, hint = USUAL_HINT): AsciiType<number> {
  const message = `Invalid value 0, which ${effect}: expected a greater number`;
  const { description, format, pack, unpack } = type;
  return {
    description,
    format,
    pack,
    unpack,
    parse: (scanner) => {
      const { offset, length } = scanner.peek();
      const value = type.parse(scanner);
      if (value === 0) throw scanner.fail("EINVAL", message, { offset, length, hint });
      return value;
    },
    read: (literal) => {
      const value = type.read(literal);
      const length = literal.kind === "word" ? literal.text.length : 0;
      if (value === 0) throw new AsciiError("EINVAL", message, { length, hint });
      return value;
    },
  };
}
