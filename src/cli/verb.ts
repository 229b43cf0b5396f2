/**
 * One verb of the command line as data: its help, its arguments, the permissions of Deno that it needs, and its
 * implementation. Help, completion, the tasks of deno.json and package.json, README's table of commands and the table
 * of permissions follow from these rows, which are in `verbs/`.
 *
 * @module
 */

import type { Choices, Part } from "./args/parts.ts";
import type { CommandContext } from "./command.ts";
import type { ExitCode } from "./exit_code.ts";

/** The permissions of Deno that a verb's task has: true for all of a kind, or a list. */
export interface Permissions {
  readonly env?: true;
  readonly net?: true;
  readonly read?: true;
  readonly write?: true;
  readonly sys?: readonly string[];
  readonly run?: readonly string[];
  readonly ffi?: true;
}

/** For verbs that only print. */
export const NO_FILES: Permissions = { env: true };

/** For verbs that use an engine over its control socket. */
export const CLIENT: Permissions = { env: true, net: true, read: true, write: true, sys: ["uid"] };

/** For verbs that may become an engine, or read what one reads. */
export const ENGINE: Permissions = { ...CLIENT, run: ["git"] };

/** A task that runs a verb. */
export interface Task {
  readonly name: string;
  readonly description: string;
  readonly permissions: Permissions;
  /** The words after the verb. */
  readonly args?: string;
  /** Flags of V8. */
  readonly v8Flags?: string;
}

/** The parsed command line of a verb: fields by name. */
export type Invocation = Readonly<Record<string, unknown>>;

/** The arguments and options of a verb, made for the choices that the host offers. */
export type Options = (choices: Choices) => Readonly<Record<string, Part<unknown>>>;

/** The invocation of a verb with these options. */
export type Given<Name extends string, O extends Options> =
  & { readonly verb: Name }
  & { readonly [K in keyof ReturnType<O>]: ReturnType<O>[K] extends Part<infer T> ? T : never };

/** The description of a verb in help and documents. */
export interface VerbHelp {
  /** One line, for the list of verbs. */
  readonly summary: string;
  /** The possible arguments. */
  readonly usage: string;
  /** More, for its own help. */
  readonly description: string;
  /** Calls to copy, each with what it is for. */
  readonly examples: readonly (readonly [call: string, purpose: string])[];
  /** Its row in README's table of commands, in Markdown. */
  readonly meaning: string;
}

/** A verb. */
export interface Verb extends VerbHelp {
  readonly name: string;
  /** Words of other tools for the same thing. */
  readonly synonyms?: readonly string[];
  /** The permissions of its task. */
  readonly permissions: Permissions;
  /** True if it changes nothing: a signal that ends it leaves no result to look up. */
  readonly readOnly?: true;
  /** Flags of V8 for its task. */
  readonly v8Flags?: string;
  /** Further tasks that run it. */
  readonly tasks?: readonly Task[];
  readonly options: Options;
  /** Its options that take a value, if the argument parser must not parse the words after them. */
  readonly shielded?: readonly string[];
  /** Reads two arguments together, once each is read. */
  refine?(invocation: Invocation): Invocation;
  /** Runs it. Its other modules are imported here, so that no other verb loads them. */
  run(invocation: Invocation, context: CommandContext): Promise<ExitCode>;
}

interface Definition<Name extends string, O extends Options> extends Omit<Verb, "name" | "options" | "refine" | "run"> {
  readonly name: Name;
  readonly options: O;
  refine?(invocation: Given<Name, O>): Given<Name, O>;
  run(invocation: Given<Name, O>, context: CommandContext): Promise<ExitCode>;
}

/** Creates a verb whose `run` receives the values of its options. */
export function verb<const Name extends string, O extends Options>(definition: Definition<Name, O>): Verb {
  return definition;
}
