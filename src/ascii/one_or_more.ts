/**
 * One value, or a list of several: `sni=www.example`, `sni=[ www.example mail.example ]`.
 *
 * @module
 */

import { array } from "./array.ts";
import { AsciiError } from "./error.ts";
import { packSized, unpackSized } from "./octets.ts";
import type { AsciiType } from "./type.ts";

/**
 * A list that is written without brackets where it has one element. The element must not be a list itself.
 *
 * @param name the name of the list's type
 */
export function oneOrMore<T>(name: string, element: AsciiType<T>): AsciiType<readonly T[]> {
  const list = array(element);
  const filled = (values: readonly T[], offset: number): readonly T[] => {
    if (values.length > 0) return values;
    throw new AsciiError("EINVAL", "List is empty", { offset, hint: "leave the key out" });
  };
  return {
    description: {
      kind: "named",
      name,
      examples: element.description.kind === "named" ? element.description.examples : [],
      argumentOf: (step) => /^[0-9]+$/.test(step) ? element.description : null,
    },
    parse: (scanner) => {
      const { offset, kind } = scanner.peek();
      return kind === "[" ? filled(list.parse(scanner), offset) : [element.parse(scanner)];
    },
    read: (literal) => literal.kind === "array" ? filled(list.read(literal), 0) : [element.read(literal)],
    format: (values) => {
      const [first] = values;
      return values.length === 1 && first !== undefined ? element.format(first) : list.format(values);
    },
    pack: (values, writer) => packSized(writer, (inner) => list.pack(values, inner)),
    unpack: (reader) => unpackSized(reader, (inner) => list.unpack(inner)),
  };
}
