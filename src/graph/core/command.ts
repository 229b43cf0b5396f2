/**
 * Commands: what a node type says of each of its control messages. The loader, the planner and the dispatcher read these
 * facts; nobody else knows a command by its name.
 *
 * @module
 */

import type { ValueFacts } from "../../ascii/description.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { End } from "../data/state.ts";

/**
 * - `query`: asks; never compared
 * - `lifecycle`: brings the node up; compared as a list
 * - `setting`: leaves a value behind; compared as a map by key
 * - `action`: does something once, at bring-up
 */
export type CommandKind = "query" | "lifecycle" | "setting" | "action";

/**
 * What changing a message costs: it is sent to the running node; it holds for connections that come later; the node is
 * made anew.
 */
export type Cost = "live" | "new-connections" | "replace";

/** One value of a setting: a message may carry several (`setconfig { a=1 b=2 }`). */
export interface SettingEntry<A> {
  /** What is set: the option, the field; equal keys overwrite each other. */
  readonly key: string;
  /** The argument that sets just this. */
  readonly args: A;
}

/** What an argument refers to outside its node. */
export type Use =
  | { readonly kind: "template"; readonly name: string; readonly with: Readonly<Record<string, string>> }
  | { readonly kind: "node"; readonly end: End };

/** How the effect of a message is read back. */
export interface ReadBack<A> {
  /** The query that is sent. */
  readonly query: string;
  /** The query's argument in ASCII form, for a query that takes one (`getopt` of the option that was set). */
  argument?(args: A): string | null;
  /** Whether its reply shows what was asked for; null when the reply cannot tell. */
  matches(args: A, reply: unknown): boolean | null;
}

/** One command. `A` is its argument's value, `R` its reply's. */
export interface Command<A, R> {
  /** Netgraph's number of it, unique within its type. */
  readonly id: number;
  /** One line for people. */
  readonly summary: string;
  /** Null: it takes no argument, and one that is given is refused. */
  readonly args: AsciiType<A> | null;
  /** What an argument is that is no struct, whose fields say it themselves. */
  readonly argument?: Partial<ValueFacts> & Pick<ValueFacts, "summary">;
  /** True when the argument may be left out though `args` is there. */
  readonly argsOptional?: boolean;
  /** The type of its reply; null: it has none. */
  readonly reply: AsciiType<R> | null;
  /** How topologies treat it. */
  readonly kind: CommandKind;
  /** What changing it costs. */
  readonly cost: Cost;
  /** True for an action that makes sense only at the moment when a hand sends it: topologies have no place for it. */
  readonly imperativeOnly?: boolean;
  /** The setting of this name holds no more once it was sent: so it is taken away where no argument of its own does. */
  readonly clears?: string;
  /** True for a setting that says what is so for every declared node anyway: nobody compares it. */
  readonly impliedWhenDeclared?: boolean;
  /** The same argument without fields that say what holds without them: these are not compared. */
  plain?(args: A): A;
  /** True for an argument with which a setting does something once, as an action does: by hand it leaves no trace. */
  once?(args: A | null): boolean;
  /** It must stand before the message of this name, in the same node. */
  readonly before?: string;
  /**
   * True when a retryable failure of it is no failed step: the node is Degraded, its later messages wait, and it is
   * tried again.
   */
  readonly failureDegrades?: boolean;
  /** Splits a setting's argument by key. Without it the command's name is the one key. */
  entries?(args: A | null): readonly SettingEntry<A>[];
  /** The message of this name must come behind a setting of `key`, which has no effect on what it did; null: none. */
  precedes?(key: string): string | null;
  /**
   * The argument that undoes a setting of `key` when nobody read what was before; null: only a new node does.
   *
   * @param hook the hook that decides what the node is; null where none does
   */
  reset?(key: string, hook: string | null): A | null;
  /**
   * The argument that gives back what `readBack` answered before the setting was first made; null: none does.
   *
   * @param before undefined where it could not be read
   */
  restore?(args: A, before: unknown): A | null;
  /** What the argument refers to. */
  uses?(args: A | null): readonly Use[];
  /** How to verify it; without one it is `unverified`. */
  readonly readBack?: ReadBack<A>;
  /**
   * What `${node.command}` (part null), `${node.command.part}` stand for.
   *
   * @returns null when the reply has no such part
   */
  refer?(reply: R, part: string | null): string | null;
}

/** The commands of a node type, by name. */
export type CommandTable = Readonly<Record<string, Command<unknown, unknown>>>;

/** The value of a command's argument. */
export type ArgsOf<C> = C extends Command<infer A, infer _R> ? A : never;
/** The value of a command's reply. */
export type ReplyOf<C> = C extends Command<infer _A, infer R> ? R : never;
