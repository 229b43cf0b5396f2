/**
 * Words of a grammar of their own, such as names and protocols: written without quotes, or quoted where they have
 * characters with a meaning in texts.
 *
 * @module
 */

import { AsciiError } from "./error.ts";
import { decodeText, encodeText } from "./octets.ts";
import { readWord } from "./part.ts";
import { quoteText, readQuoted } from "./quote.ts";
import type { AsciiType } from "./type.ts";

/** The facts of a type of words. */
export interface WordRules {
  /** The name of the type. */
  readonly name: string;
  /** Texts that are valid. */
  readonly examples: readonly string[];
  /** The canonical form of a word, or why it is invalid. */
  readonly check: (text: string) => { readonly word: string } | { readonly message: string; readonly hint: string };
}

const PLAIN = /^[^\s{}[\]="\\]+$/;

/** A type of words. */
export function wordType({ name, examples, check }: WordRules): AsciiType<string> {
  const checked = (text: string, place: { readonly offset: number; readonly length: number }): string => {
    const result = check(text);
    if ("word" in result) return result.word;
    throw new AsciiError("EINVAL", result.message, { ...place, hint: result.hint });
  };
  const type: AsciiType<string> = {
    description: { kind: "named", name, examples },
    parse: (scanner) => {
      const token = scanner.peek();
      const { offset, length } = token;
      if (token.kind !== "word") return checked(decodeText(readQuoted(scanner)), { offset, length });
      scanner.next();
      return checked(token.text, { offset, length });
    },
    read: (literal) => readWord(type, literal, (text) => checked(text, { offset: 0, length: text.length })),
    format: (value) => PLAIN.test(value) ? value : quoteText(value),
    pack: (value, writer) => {
      writer.octets(encodeText(value));
      writer.zeros(1);
    },
    unpack: (reader) => decodeText(reader.terminated()),
  };
  return type;
}
