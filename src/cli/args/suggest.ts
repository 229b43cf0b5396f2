/**
 * Completes a command line, with the grammars that parse it: verbs, options, their values; and hints if the words are
 * not known here.
 *
 * @module
 */

import { formatMessage } from "@optique/core/message";
import { suggestSync } from "@optique/core/parser";
import type { Verb } from "../verb.ts";
import { verbNamed, VERBS } from "../verbs/table.ts";
import { grammarOf, NO_COLOR } from "./grammar.ts";
import { type Hint, hintOf } from "./hint.ts";
import type { Choices } from "./parts.ts";
import { readable } from "./words.ts";

/** A possible word. */
export interface SuggestedWord {
  readonly text: string;
  /** One line; empty if there is none. */
  readonly about: string;
}

/** The possible last words. */
export interface Suggested {
  /** Null if the verb itself is being completed, or is unknown. */
  readonly verb: string | null;
  /** The words between the verb and the last one, with `--` before the first that we do not parse. */
  readonly before: readonly string[];
  readonly words: readonly SuggestedWord[];
  /** The kind of other values, and the part of the word before it (`--control=`). */
  readonly hints: readonly { readonly lead: string; readonly hint: Hint }[];
}

const HELP: SuggestedWord = { text: "--help", about: "Show its help" };

/**
 * Parses the words after the program's name.
 *
 * @param line its words; the last is the one being typed, and may be empty
 */
export function suggest(line: readonly string[], choices: Choices): Suggested {
  const [first = "", ...rest] = line[0] === NO_COLOR && line.length > 1 ? line.slice(1) : line;
  if (rest.length === 0) {
    return plain([...verbWords(), { text: "help", about: "Show this help, or the help of one command" }, HELP], first);
  }
  if (first === "help") return plain(rest.length === 1 ? verbWords() : [], rest[0] ?? "");
  const verb = verbNamed(first);
  return verb === undefined ? plain([], "") : suggestIn(verb, rest, choices);
}

function suggestIn(verb: Verb, rest: readonly string[], choices: Choices): Suggested {
  const words = readable(verb, rest);
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? "";
  // The parser keeps short and long options apart; after one dash, either is possible.
  const prefixes = word === "-" ? ["-", "--"] : [word];
  const found = prefixes.flatMap((prefix) => {
    const [head = "", ...tail] = [...before, prefix];
    return suggestSync(grammarOf(verb, choices), [head, ...tail]);
  });
  const literal = found.flatMap((one) =>
    one.kind === "literal"
      ? [{ text: one.text, about: one.description === undefined ? "" : formatMessage(one.description) }]
      : []
  );
  const options = word.startsWith("-") && !before.includes("--") ? [...literal, HELP] : literal;
  // The parser names all arguments that are still to come: the first is the one to complete here.
  const hints = literal.map(({ text }) => hintOf(text)).filter((hint) => hint !== null).slice(0, 1);
  return {
    verb: verb.name,
    before,
    words: options.filter(({ text }) => hintOf(text) === null && text.startsWith(word)),
    // While an option is typed, arguments are not suggested.
    hints: hints.filter(({ lead }) => lead !== "" || before.includes("--") || !word.startsWith("-")),
  };
}

function plain(words: readonly SuggestedWord[], prefix: string): Suggested {
  return { verb: null, before: [], words: words.filter(({ text }) => text.startsWith(prefix)), hints: [] };
}

function verbWords(): readonly SuggestedWord[] {
  return Object.entries(VERBS).map(([text, { summary }]) => ({ text, about: summary }));
}
