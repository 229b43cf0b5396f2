/**
 * Control messages during delivery: sender, handler and reply.
 *
 * @module
 */

import type { ArgsOf, CommandTable, ReplyOf } from "./command.ts";
import type { Hook } from "./hook.ts";
import type { NodeId } from "../data/name.ts";
import type { Pending } from "./pending.ts";

/** A handler's answer: immediately, or later. */
export type Answer<R> = R | Pending<R>;

/** The sender of a message, and its route. */
export interface CallContext {
  /** The sending node's ID; 0 for a sender outside the graph. */
  readonly from: number;
  /** The node's hook at which the message arrived; null if its path named the node itself. */
  readonly hook: Hook | null;
  /** The message belongs to a topology and was not sent manually. */
  readonly declared: boolean;
  /** Marks that another node answers: the reply is from that node. */
  answerAs(node: NodeId): void;
  /** Records that the message was accepted, but that its effect is unknown, or different. */
  leaveUnverified(): void;
  /** Records that the message was accepted, but takes effect together with a later one (a bind on native runtimes). */
  defer(): void;
}

/**
 * A handler for every command of a table.
 *
 * The argument is null if the command has none, or if an optional argument was omitted.
 */
export type Handlers<C extends CommandTable> = {
  readonly [K in keyof C]: {
    // A method's parameter is compared bivariantly: therefore a typed handler fits into the untyped table, whose
    // dispatcher has parsed the argument with the type in the table.
    handle(args: ArgsOf<C[K]>, context: CallContext): Answer<ReplyOf<C[K]>>;
  }["handle"];
};

/** A reply as it leaves the graph: plain data. */
export interface Reply {
  /** The sender of the reply: `[1f]`. */
  readonly from: string;
  /** The command of the message. */
  readonly command: string;
  /** The typed value; undefined for a command without reply. */
  readonly value: unknown;
  /** The value in ASCII form, null for a command without reply. */
  readonly text: string | null;
}

/** A message that the receiving node's type does not list. */
export interface ArrivedMessage {
  /** The sending node's ID; 0 for a sender outside the graph. */
  readonly from: number;
  /** The node's hook at which it arrived; null if its path named the node itself. */
  readonly hook: Hook | null;
  /** The command's name. */
  readonly command: string;
  /** Netgraph's number of it; 0 for one that only sender and receiver know. */
  readonly number: number;
  /** Its argument as text; null for none. */
  readonly argument: string | null;
  /** The number of nodes that have passed it on. */
  readonly passed: number;
}
