/**
 * Control messages on their way: who sends them, what handles them, and what comes back.
 *
 * @module
 */

import type { ArgsOf, CommandTable, ReplyOf } from "./command.ts";
import type { Hook } from "./hook.ts";
import type { NodeId } from "../data/name.ts";
import type { Pending } from "./pending.ts";

/** A handler's answer: at once, or when it is known. */
export type Answer<R> = R | Pending<R>;

/** Who sends, and how it came. */
export interface CallContext {
  /** The sending node's id; 0 for a sender outside the graph. */
  readonly from: number;
  /** The node's hook that the message came in by; null where its path named the node itself. */
  readonly hook: Hook | null;
  /** The message came from a topology, not from a hand. */
  readonly declared: boolean;
  /** Says that another node answers: the reply comes from it. */
  answerAs(node: NodeId): void;
  /** Notes that the message was taken, but that its effect is not known, or is another one. */
  leaveUnverified(): void;
  /** Notes that the message was taken, but has its effect together with a later one (a bind on native runtimes). */
  defer(): void;
}

/**
 * A handler for every command of a table.
 *
 * The argument is null where the command has none, or where it may be left out and was.
 */
export type Handlers<C extends CommandTable> = {
  readonly [K in keyof C]: {
    // A method's parameter is compared bivariantly: that lets a typed handler stand in the untyped table, whose
    // dispatcher has parsed the argument with the very type that the table names.
    handle(args: ArgsOf<C[K]>, context: CallContext): Answer<ReplyOf<C[K]>>;
  }["handle"];
};

/** A reply as it leaves the graph: plain data. */
export interface Reply {
  /** Who answers: `[1f]`. */
  readonly from: string;
  /** The command that is answered. */
  readonly command: string;
  /** The typed value; undefined for a command without reply. */
  readonly value: unknown;
  /** The value in ASCII form, null for a command without reply. */
  readonly text: string | null;
}

/** A message as it comes to a node whose type does not list it. */
export interface ArrivedMessage {
  /** The sending node's id; 0 for a sender outside the graph. */
  readonly from: number;
  /** The node's hook that it came in by; null where its path named the node itself. */
  readonly hook: Hook | null;
  /** The command's name. */
  readonly command: string;
  /** Netgraph's number of it; 0 for one that only the two of them know. */
  readonly number: number;
  /** Its argument as text; null for none. */
  readonly argument: string | null;
  /** How many nodes have passed it on. */
  readonly passed: number;
}
