/**
 * Types whose values have one more rule, such as a list that is not empty.
 *
 * @module
 */

import type { AsciiType } from "./type.ts";

/**
 * The type with another check.
 *
 * @param check returns the value, or throws; `offset` is where the value begins in its text
 */
export function checked<T>(type: AsciiType<T>, check: (value: T, offset: number) => T): AsciiType<T> {
  return {
    ...type,
    parse: (scanner) => {
      const { offset } = scanner;
      return check(type.parse(scanner), offset);
    },
    read: (literal) => check(type.read(literal), 0),
  };
}
