/**
 * The name of this program: messages and help contain a command that exists in the user's environment.
 *
 * All texts of this program, including those of an engine, contain `sockgraph COMMAND`. Printed text contains the name by
 * which the program was started, such as `./sockgraph COMMAND` in a checkout.
 *
 * @module
 */

import { COMMAND_VARIABLE } from "./defaults.ts";
import { isVerb, verbNamed } from "./verbs/table.ts";

const CALL = /(?<![\w./-])sockgraph (--help|[\w-]+)/g;

/** The name by which the program was started. */
export function commandName(env: (name: string) => string | undefined): string {
  const name = env(COMMAND_VARIABLE) ?? "";
  // A name with blanks or quotes would not be one word to a shell.
  return /^[\w./+@~-]+$/.test(name) ? name : "sockgraph";
}

/** Puts the name of this program, and the control socket that its call names, into texts for people. */
export function commandNaming(
  env: (name: string) => string | undefined,
  control: string | null = null,
): (text: string) => string {
  const name = commandName(env);
  return (text) => withCommandName(withControl(text, control), name);
}

/** A quoted call of a verb, with the variables before it and the text after it. */
const QUOTED_CALL = /"((?:\w+=[^"\s]+ )*)sockgraph ([\w-]+)([^"\n]*)"/g;
/** A text whose suggested commands use the same engine: they contain its control socket if this call does. */
export function withControl(text: string, control: string | null): string {
  if (control === null) return text;
  const word = /^[\w./+@~:-]+$/.test(control) ? control : `'${control}'`;
  return text.replace(QUOTED_CALL, (call, variables: string, verb: string, rest: string) => {
    const asks = asksEngine(verb) && !/ (--help|--control)\b/.test(rest);
    return asks ? `"${variables}sockgraph ${verb}${rest} --control ${word}"` : call;
  });
}

/** A text for people with its calls of the program as they work here. */
export function withCommandName(text: string, name: string): string {
  if (name === "sockgraph") return text;
  return text.replace(CALL, (call, word: string) => {
    const isCall = word === "--help" || word === "help" || word === "COMMAND" || isVerb(word);
    return isCall ? `${name} ${word}` : call;
  });
}

/** True for a verb that takes `--control`. */
function asksEngine(word: string): boolean {
  const verb = verbNamed(word);
  return verb !== undefined && Object.hasOwn(verb.options({ runtimes: [] }), "control");
}
