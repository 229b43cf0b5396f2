/**
 * Commands: the facts that a node type declares about each of its control messages. The loader, the planner and the
 * dispatcher use these facts; none of them knows a command by its name.
 *
 * @module
 */

import type { ValueFacts } from "../../ascii/description.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { End } from "../data/state.ts";

/**
 * - `query`: reads a value; never compared
 * - `lifecycle`: part of the bring-up of the node; compared as a list
 * - `setting`: sets a value; compared as a map by key
 * - `action`: has an effect once, at bring-up
 */
export type CommandKind = "query" | "lifecycle" | "setting" | "action";

/**
 * The cost of changing a message: it is sent to the running node; it applies to later connections; the node is
 * recreated.
 */
export type Cost = "live" | "new-connections" | "replace";

/** One value of a setting: a message may carry several (`setconfig { a=1 b=2 }`). */
export interface SettingEntry<A> {
  /** The name of the value: the option, the field; equal keys overwrite each other. */
  readonly key: string;
  /** The argument that sets only this value. */
  readonly args: A;
}

/** The references of an argument outside its node. */
export type Use =
  | { readonly kind: "template"; readonly name: string; readonly with: Readonly<Record<string, string>> }
  | { readonly kind: "node"; readonly end: End }
  /** A node that connections are opened through, and not joined to. */
  | { readonly kind: "pool"; readonly name: string };

/** The way in which the effect of a message is read back. */
export interface ReadBack<A> {
  /** The query that is sent. */
  readonly query: string;
  /** The query's argument in ASCII form, for a query with an argument (`getopt` of the option that was set). */
  argument?(args: A): string | null;
  /** Whether its reply shows the requested value; null if the reply does not show it. */
  matches(args: A, reply: unknown): boolean | null;
}

/** One command. `A` is its argument's value, `R` its reply's. */
export interface Command<A, R> {
  /** Netgraph's number for it, unique within its type. */
  readonly id: number;
  /** One line of description. */
  readonly summary: string;
  /** Null: it accepts no argument, and an argument is rejected. */
  readonly args: AsciiType<A> | null;
  /** The meaning of an argument that is not a struct; the fields of a struct describe themselves. */
  readonly argument?: Partial<ValueFacts> & Pick<ValueFacts, "summary"> & {
    /** Its name in a call, such as `TARGET`. */
    readonly placeholder?: string;
  };
  /** True when the argument may be left out although `args` is set. */
  readonly argsOptional?: boolean;
  /** The type of its reply; null if it has none. */
  readonly reply: AsciiType<R> | null;
  /** How topologies treat it. */
  readonly kind: CommandKind;
  /** The cost of changing it. */
  readonly cost: Cost;
  /** True for an action that makes sense only when it is sent manually: topologies cannot contain it. */
  readonly imperativeOnly?: boolean;
  /**
   * The names of the settings that it clears, those of the same key if they have keys: it resets such a setting if no
   * argument of the setting does.
   */
  readonly clears?: readonly string[];
  /** What a setting of `key` has done, such as `target "big" was disabled`: for status, and for the plan that resets it. */
  effect?(key: string): string;
  /** True for a setting that is implied for every declared node: it is not compared. */
  readonly impliedWhenDeclared?: boolean;
  /** The same argument without fields that have their defaults: these are not compared. */
  plain?(args: A): A;
  /**
   * True for an argument with which a setting has an effect once, like an action: if it is sent manually, it is not
   * recorded.
   */
  once?(args: A | null): boolean;
  /** It must precede the message of this name, in the same node. */
  readonly before?: string;
  /**
   * True if a retryable failure of it is not a failed step: the node is Degraded, its later messages wait, and it is
   * retried.
   */
  readonly failureDegrades?: boolean;
  /** Splits a setting's argument by key. Without it the command's name is the one key. */
  entries?(args: A | null): readonly SettingEntry<A>[];
  /**
   * The name of the message that must follow a setting of `key`, because the setting has no effect after it; null:
   * none.
   */
  precedes?(key: string): string | null;
  /**
   * The argument that resets a setting of `key` if its earlier value was not read; null: the node must be recreated.
   *
   * @param hook the hook that decides the identity of the node; null if none does
   */
  reset?(key: string, hook: string | null): A | null;
  /**
   * The argument that restores the reply of `readBack` before the setting was first made; null: none does.
   *
   * @param before undefined if it could not be read
   */
  restore?(args: A, before: unknown): A | null;
  /** The references in the argument. */
  uses?(args: A | null): readonly Use[];
  /** How to verify it; without this it is `unverified`. */
  readonly readBack?: ReadBack<A>;
  /**
   * The value of `${node.command}` (part null), `${node.command.part}`.
   *
   * @returns null if the reply has no such part
   */
  refer?(reply: R, part: string | null): string | null;
}

/** The commands of a node type, by name. */
export type CommandTable = Readonly<Record<string, Command<unknown, unknown>>>;

/** The value of a command's argument. */
export type ArgsOf<C> = C extends Command<infer A, infer _R> ? A : never;
/** The value of a command's reply. */
export type ReplyOf<C> = C extends Command<infer _A, infer R> ? R : never;

/** The commands of a node with a configuration. `P` is what `setconfig` accepts. */
export type ConfigCommands<C, P = C> = {
  readonly setconfig: Command<P, null>;
  readonly getconfig: Command<null, C>;
};
