/**
 * A type mapped by a pair of functions: the text of one type, the values of another.
 *
 * @module
 */

import type { AsciiType } from "./type.ts";

/** The two directions of {@linkcode mapType}; `from(to(x))` equals x. */
export interface Mapping<T, U> {
  to(value: T): U;
  from(value: U): T;
}

/** The type whose texts are those of `inner` and whose values are `mapping.to` of its values. */
export function mapType<T, U>(inner: AsciiType<T>, mapping: Mapping<T, U>): AsciiType<U> {
  const { initial } = inner;
  return {
    description: inner.description,
    ...(initial === undefined ? {} : { initial: mapping.to(initial) }),
    parse: (scanner) => mapping.to(inner.parse(scanner)),
    read: (literal) => mapping.to(inner.read(literal)),
    format: (value) => inner.format(mapping.from(value)),
    pack: (value, writer) => inner.pack(mapping.from(value), writer),
    unpack: (reader) => mapping.to(inner.unpack(reader)),
  };
}
