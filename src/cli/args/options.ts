/**
 * The kinds of options and arguments that verbs are made of.
 *
 * @module
 */

import { message, text } from "@optique/core/message";
import { map, multiple } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { type Hint, hinted, type Metavar, word } from "./hint.ts";
import { durationValue, generationValue, type Part, sizeValue } from "./parts.ts";

type Name = "-d" | "-f" | "-n" | "-w" | `--${string}`;

/** An option that is there or not. */
export function flag(names: Name | readonly [Name, Name], description: string): Part<boolean> {
  const [first, ...more] = typeof names === "string" ? [names] : names;
  return option(first, ...more, { description: message`${text(description)}` });
}

/** An option that switches something off. */
export function offFlag(name: Name, description: string): Part<boolean> {
  return map(flag(name, description), (off) => !off);
}

/** An option that counts its occurrences. */
export function countedFlag(name: Name, description: string): Part<number> {
  return map(multiple(flag(name, description)), (all) => all.length);
}

/** An option with a text that completion may know. */
export function textOption(
  names: Name | readonly [Name, Name],
  { metavar, hint, description }: { metavar: Metavar; hint?: Hint; description: string },
): Part<string> {
  const value = hint === undefined ? word(metavar) : hinted(metavar, hint);
  const [first, ...more] = typeof names === "string" ? [names] : names;
  return option(first, ...more, value, { description: message`${text(description)}` });
}

/** The same, which may be repeated. */
export function textOptions(name: Name, facts: Parameters<typeof textOption>[1]): Part<readonly string[]> {
  return multiple(textOption(name, facts));
}

/** An option with one of some words. */
export function choiceOption<const W extends string>(
  name: Name,
  { metavar, words, description }: {
    metavar: "FORMAT" | "WHAT" | "CONDITION";
    words: readonly W[];
    description: string;
  },
): Part<W> {
  return option(name, choice(words, { metavar }), { description: message`${text(description)}` });
}

/** An option with a duration, in milliseconds. */
export function durationOption(name: Name, description: string): Part<number> {
  return option(name, durationValue(), { description: message`${text(description)}` });
}

/** An option with a size, in bytes. */
export function sizeOption(name: Name, description: string): Part<number> {
  return option(name, sizeValue(), { description: message`${text(description)}` });
}

/** An option with a generation. */
export function generationOption(name: Name, description: string): Part<number> {
  return option(name, generationValue(), { description: message`${text(description)}` });
}

/** An argument with a generation. */
export function generationArgument(description: string): Part<number> {
  return argument(generationValue(), { description: message`${text(description)}` });
}

/** An argument with a text that completion knows. */
export function textArgument(metavar: Metavar, hint: Hint, description: string): Part<string> {
  return argument(hinted(metavar, hint), { description: message`${text(description)}` });
}

/** An argument with one of some words. */
export function choiceArgument<const W extends string>(
  metavar: "SHELL",
  words: readonly W[],
  description: string,
): Part<W> {
  return argument(choice(words, { metavar }), { description: message`${text(description)}` });
}

/** All further arguments. */
export function restArguments(metavar: Metavar, hint: Hint, description: string): Part<readonly string[]> {
  return multiple(textArgument(metavar, hint, description));
}

/** All further arguments, joined by blanks; null if there are none. */
export function joinedArguments(metavar: "ARG", description: string): Part<string | null> {
  const rest = argument(string({ metavar }), { description: message`${text(description)}` });
  return map(multiple(rest), (words) => words.length === 0 ? null : words.join(" "));
}
