/**
 * The grammar of a verb for the argument parser: from it the command line is read, help is printed, and the shells
 * complete.
 *
 * @module
 */

import { object } from "@optique/core/constructs";
import { map } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { constant } from "@optique/core/primitives";
import type { Invocation, Verb } from "../verb.ts";
import { flag } from "./options.ts";
import { type Choices, ERRORS } from "./parts.ts";

/** The option of all verbs. */
export const NO_COLOR = "--no-color";

/** A parser of one verb's arguments. */
export type Grammar = Parser<"sync", Line, unknown>;

/** An invocation and what concerns the output of all verbs. */
interface Line {
  readonly invocation: Invocation;
  readonly color: boolean;
}

/** The grammar of a verb; made when it is needed, as the choices of `--runtime` are the host's. */
export function grammarOf({ name, options, refine }: Verb, choices: Choices): Grammar {
  const invocation: Parser<"sync", Invocation, unknown> = object(
    { verb: constant(name), ...options(choices) },
    ERRORS,
  );
  const noColor = flag(NO_COLOR, "Print without colours, as NO_COLOR does");
  return object({
    invocation: refine === undefined ? invocation : map(invocation, (read) => refine(read)),
    color: map(noColor, (off) => !off),
  }, ERRORS);
}
