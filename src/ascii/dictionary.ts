/**
 * Structs whose fields have any names: the parameters for a template.
 *
 * ```text
 * dictionary = "{" ( name "=" value )* "}"
 * ```
 *
 * FreeBSD has no such type and no binary layout; ours is a count, then names and values as sized strings.
 *
 * @module
 */

import type { OctetReader, OctetWriter } from "./octets.ts";
import { readComposite, type Source, visitFields } from "./part.ts";
import { sizedString } from "./text.ts";
import type { AsciiType } from "./type.ts";

/** A struct with fields of any names, all of one type, in the order of the text. */
export function dictionary<T>(element: AsciiType<T>): AsciiType<Readonly<Record<string, T>>> {
  type Value = Readonly<Record<string, T>>;
  const readFrom = (source: Source): Value => {
    const entries: [string, T][] = [];
    visitFields(source, (part) => {
      entries.push([part.name, part.read(element)]);
    });
    return Object.fromEntries(entries);
  };
  const type: AsciiType<Value> = {
    description: { kind: "dictionary", element: element.description },
    initial: {},
    parse: readFrom,
    read: (literal) => readComposite(type, literal, readFrom),
    format(value) {
      const fields = Object.entries(value).map(([name, one]) => `${name}=${element.format(one)}`);
      return fields.length === 0 ? "{}" : `{ ${fields.join(" ")} }`;
    },
    pack: (value, writer) => pack(value, { element, writer }),
    unpack: (reader) => unpack(reader, element),
  };
  return type;
}

function pack<T>(value: Readonly<Record<string, T>>, into: { element: AsciiType<T>; writer: OctetWriter }): void {
  const entries = Object.entries(value);
  into.writer.integer(entries.length, 32);
  for (const [name, one] of entries) {
    sizedString.pack(name, into.writer);
    into.element.pack(one, into.writer);
  }
}

function unpack<T>(reader: OctetReader, element: AsciiType<T>): Readonly<Record<string, T>> {
  const count = reader.integer(32);
  const entries: [string, T][] = [];
  for (let index = 0; index < count; index++) {
    const name = sizedString.unpack(reader);
    entries.push([name, element.unpack(reader)]);
  }
  return Object.fromEntries(entries);
}
