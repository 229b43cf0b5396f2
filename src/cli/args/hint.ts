/**
 * Values that no grammar can list: the shell finds files, and the engine knows names.
 *
 * The argument parser suggests only words, without waiting. Therefore, for such a value, it suggests a placeholder of
 * its kind, which the caller replaces by words.
 *
 * @module
 */

import { message } from "@optique/core/message";
import { string, type ValueParser } from "@optique/core/valueparser";

/** The kind of a value. */
export const HINTS = [
  "sources",
  "files",
  "folders",
  "topologies",
  "nodes",
  "paths",
  "commands",
  "types",
  "ngctl",
] as const;

/** One of {@linkcode HINTS}. */
export type Hint = (typeof HINTS)[number];

/** The name of the value in help. */
export type Metavar =
  | "SOURCE"
  | "NAME"
  | "FILE"
  | "FILE|NAME"
  | "DIR"
  | "PATH"
  | "COMMAND"
  | "NODE"
  | "NAME[/NODE]"
  | "WORD"
  | "URL"
  | "REF"
  | "HOST:PORT"
  | "CIDR"
  | "ID";

/** No argument can have it. */
const MARK = "\0";

/** A text that is one of these. */
export function hinted(metavar: Metavar, hint: Hint): ValueParser<"sync", string> {
  // A command of ngctl may have an empty argument.
  const parser = hint === "ngctl" ? string({ metavar }) : word(metavar);
  return { ...parser, suggest: () => [{ kind: "literal", text: MARK + hint }] };
}

/** A path, a name or an address: never empty, as it is where a script's variable is not set. */
export function word(metavar: Metavar): ValueParser<"sync", string> {
  const parser = string({ metavar });
  const error = message`The value is empty: probably a variable of the calling script is not set`;
  return { ...parser, parse: (input) => input === "" ? { success: false, error } : parser.parse(input) };
}

/** The kind of a placeholder, and the text before it (`--control=`); null for a suggestion that is a word. */
export function hintOf(suggestion: string): { readonly lead: string; readonly hint: Hint } | null {
  const [lead = "", marked] = suggestion.split(MARK);
  const hint = HINTS.find((one) => one === marked);
  return hint === undefined ? null : { lead, hint };
}
