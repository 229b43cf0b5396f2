/**
 * Whether `accept` can have an effect where it is declared: a socket must be bound or listen before it.
 *
 * @module
 */

import type { CheckedMessage, Finding } from "../../graph/core/node_type.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { connects } from "../../socket/kind.ts";
import type { AcceptTarget } from "./accept_target.ts";
import { finding } from "./finding.ts";
import { connectionMessage } from "./ksocket_commands.ts";

/** The node, as this check sees it. */
export interface AcceptSubject {
  readonly endpoint: Endpoint;
  readonly messages: readonly CheckedMessage[];
}

/** The problems of the place of one `accept`. */
export function checkAcceptPlace(subject: AcceptSubject, message: CheckedMessage, index: number): readonly Finding[] {
  return connects(subject.endpoint)
    ? checkConnections(subject, message, index)
    : checkSessions(subject, message, index);
}

/** True for the argument of `accept`. */
export function isTarget(value: unknown): value is AcceptTarget {
  return typeof value === "object" && value !== null && !("family" in value) && !("option" in value);
}

/** The handling of the sources of datagrams. */
function checkSessions({ messages }: AcceptSubject, { args }: CheckedMessage, index: number): readonly Finding[] {
  const before = new Set(messages.slice(0, index).map(({ command }) => command));
  if (messages.some(({ command }) => command === "connect")) {
    const message = "A connected datagram socket has one source, and so no flows";
    return [finding(index, "is-connected", message, "remove connect, or link the node to another one")];
  }
  if (!before.has("bind")) {
    return [finding(index, "not-bound", "A socket without an address receives nothing", "put bind before it")];
  }
  if (args === null) {
    const message = "Datagrams are accepted into a target only";
    return [finding(index, "no-target", message, "such as accept: { connect: inet/HOST:PORT }")];
  }
  if (!isTarget(args)) return [];
  const option = args.messages?.findIndex((text) => connectionMessage.check(text).command === "setopt") ?? -1;
  if (option >= 0) {
    const message = "A flow has no socket of its own to set options of";
    const hint = "put setopt among the messages of the node";
    return [{ ...finding(index, "shared-socket", message, hint), path: ["messages", option] }];
  }
  if (args.overflow !== "wait") return [];
  const hint = "remove it, so that the flow with the longest idle time is evicted; or use overflow: refuse";
  return [finding(index, "cannot-wait", "Datagrams beyond max cannot wait", hint)];
}

function checkConnections({ messages }: AcceptSubject, { args }: CheckedMessage, index: number): readonly Finding[] {
  if (isTarget(args) && args.replies !== undefined) {
    const message = "A stream has no replies that could be counted";
    return [finding(index, "replies-of-stream", message, "leave replies out: it is only for flows of datagrams")];
  }
  const listens = messages.slice(0, index).some(({ command }) => command === "listen");
  if (!listens) {
    return [finding(index, "not-listening", "Nothing to accept: the socket does not listen", "put listen before it")];
  }
  if (args !== null) return [];
  const message = "Without a target, accept accepts one connection and does not join it to a node";
  return [{ ...finding(index, "accept-once", message, "such as accept: { peer: NODE }"), severity: "warning" }];
}
