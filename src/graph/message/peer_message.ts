/**
 * Messages that a node's type does not list: netgraph's flow messages, by which one node tells the next how its link is
 * (`linkisup`, `linkisdown`), and whatever is sent to a program's own node.
 *
 * They have no reply. A node takes them by `takeMessage`; who has none refuses them.
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

/** A flow message: the link is there again, or is gone. */
export type FlowCommand = "linkisup" | "linkisdown";

/** Netgraph's `NGM_LINK_IS_UP` and `NGM_LINK_IS_DOWN`, of `NGM_FLOW_COOKIE`. */
const FLOW_NUMBERS: Readonly<Record<FlowCommand, number>> = { linkisup: 32, linkisdown: 33 };

/** Nodes that pass messages on may stand in a ring. */
const MAX_PASSED = 64;

/**
 * Tells the node at the other end of `hook` how the link is. What it does not take is nobody's failure.
 *
 * @example
 * ```ts
 * import { defineNodeType, sendLinkState } from "@sockgraph/sockgraph";
 *
 * // Says to the node at `in` that there is no way on, as soon as the node at `out` is gone.
 * const guardType = defineNodeType({
 *   name: "guard",
 *   summary: "Tells when what is behind it goes",
 *   cookie: 1,
 *   commands: {},
 *   hooks: [{ pattern: "in", summary: "Is told" }, { pattern: "out", summary: "May go" }],
 *   parseHook: (name) => name,
 *   create: ({ node }) => ({
 *     commands: {},
 *     receive: (hook, item) => node.hooks.get(hook.name === "in" ? "out" : "in")?.send(item),
 *     hookRemoved({ name }) {
 *       const told = node.hooks.get("in");
 *       if (name === "out" && told !== undefined) sendLinkState(told, "linkisdown");
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
    // A program that does not read: it is its own fault that it does not know.
    if (!(error instanceof NetgraphError)) throw error;
  }
}

/** Hands a message to the node at the other end of `hook`; false when nobody there takes it. */
export function forwardMessage(hook: Hook, message: ArrivedMessage): boolean {
  const { peer } = hook;
  if (peer === null || message.passed >= MAX_PASSED) return false;
  return peer.node.behaviour.takeMessage?.({ ...message, hook: peer, passed: message.passed + 1 }) ?? false;
}

/** Who sends a message, and by which hook it comes in. */
export interface Sender {
  /** The sending node; null for a sender outside the graph. */
  readonly from: Node | null;
  /** The receiver's hook; null where its path named the node itself. */
  readonly by?: Hook | null;
}

/**
 * Gives a message to a node whose type does not list it; null where it is nothing of the kind.
 *
 * @throws NetgraphError EINVAL for a flow message that the node does not take
 */
export function offerToNode(
  node: Node,
  message: MessageState,
  { from, by = null }: Sender,
): { readonly reply: Reply; readonly number: number } | null {
  const { command, argument } = message;
  if (Object.hasOwn(node.type.commands, command) || Object.hasOwn(GENERIC_COMMANDS, command)) return null;
  const number = isFlow(command) ? FLOW_NUMBERS[command] : 0;
  // Whoever writes to himself has mistyped a command.
  if (number === 0 && from === node) return null;
  const arrived = { from: from?.id ?? 0, hook: by, command, number, argument, passed: 0 };
  if (node.behaviour.takeMessage?.(arrived) === true) {
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
