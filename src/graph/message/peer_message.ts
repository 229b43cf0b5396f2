/**
 * Messages that a node's type does not list: netgraph's flow messages, by which a node reports the state of its link to
 * the next one (`linkisup`, `linkisdown`), and all messages to a program's own node.
 *
 * They have no reply. A node receives them by `onPeerMessage`; a node without it rejects them.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { GENERIC_COMMANDS } from "./generic.ts";
import type { Hook } from "../core/hook.ts";
import { formatNodeId, withArticle } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import type { ArrivedMessage, Reply } from "../core/message.ts";
import { formatMessage, type MessageState } from "../data/state.ts";

/** A flow message: the link is up again, or down. */
export type FlowCommand = "linkisup" | "linkisdown";

/** Netgraph's `NGM_LINK_IS_UP` and `NGM_LINK_IS_DOWN`, of `NGM_FLOW_COOKIE`. */
const FLOW_NUMBERS: Readonly<Record<FlowCommand, number>> = { linkisup: 32, linkisdown: 33 };

/** Nodes that pass messages on may form a ring. */
const MAX_PASSED = 64;

/**
 * Reports the state of the link to the node at the other end of `hook`. It is not an error if that node does not accept
 * it.
 *
 * @example
 * ```ts
 * import { defineNodeType, sendLinkState } from "@sockgraph/sockgraph";
 *
 * // Reports to the node at `in` that the link is down, as soon as the node at `out` is removed.
 * const guardType = defineNodeType({
 *   name: "guard",
 *   summary: "Reports the end of the node behind it",
 *   cookie: 1,
 *   commands: {},
 *   hooks: [{ pattern: "in", summary: "Receives notifications" }, { pattern: "out", summary: "The watched node" }],
 *   parseHook: (name) => name,
 *   create: ({ node }) => ({
 *     commands: {},
 *     receive: (hook, item) => node.hooks.get(hook.name === "in" ? "out" : "in")?.send(item),
 *     hookRemoved({ name }) {
 *       const receiver = node.hooks.get("in");
 *       if (name === "out" && receiver !== undefined) sendLinkState(receiver, "linkisdown");
 *     },
 *   }),
 * });
 * console.log(guardType.name); // guard
 * ```
 */
export function sendLinkState(hook: Hook, command: FlowCommand): void {
  const number = FLOW_NUMBERS[command];
  try {
    forwardMessage(hook, { from: hook.node.id, hook: null, command, number, argument: null, passed: 0 });
  } catch (error) {
    // A program that does not read misses the message.
    if (!(error instanceof NetgraphError)) throw error;
  }
}

/** Passes a message to the node at the other end of `hook`; false if it does not accept it. */
export function forwardMessage(hook: Hook, message: ArrivedMessage): boolean {
  const { peer } = hook;
  if (peer === null || message.passed >= MAX_PASSED) return false;
  return peer.node.behaviour.onPeerMessage?.({ ...message, hook: peer, passed: message.passed + 1 }) ?? false;
}

/** The sender of a message, and the hook at which it arrives. */
export interface Sender {
  /** The sending node; null for a sender outside the graph. */
  readonly from: Node | null;
  /** The receiver's hook; null if its path named the node itself. */
  readonly by?: Hook | null;
}

/**
 * Passes a message to a node whose type does not list it; null if it is not such a message.
 *
 * @throws NetgraphError EINVAL for a flow message that the node does not accept
 */
export function offerToNode(
  node: Node,
  message: MessageState,
  { from, by = null }: Sender,
): { readonly reply: Reply; readonly number: number } | null {
  const { command, argument } = message;
  if (Object.hasOwn(node.type.commands, command) || Object.hasOwn(GENERIC_COMMANDS, command)) return null;
  const number = isFlow(command) ? FLOW_NUMBERS[command] : 0;
  // A message to the sender itself is a mistyped command.
  if (number === 0 && from === node) return null;
  const arrived = { from: from?.id ?? 0, hook: by, command, number, argument, passed: 0 };
  if (node.behaviour.onPeerMessage?.(arrived) === true) {
    return { reply: { from: formatNodeId(node.id), command, value: undefined, text: null }, number };
  }
  if (number === 0) return null;
  const subject = { node: node.path, message: formatMessage(message) };
  throw new NetgraphError(
    "EINVAL",
    `Cannot send "${command}" to "${node.path}": ${withArticle(node.type.name)} does not accept link-state messages`,
    { subject },
  );
}

function isFlow(command: string): command is FlowCommand {
  return Object.hasOwn(FLOW_NUMBERS, command);
}
