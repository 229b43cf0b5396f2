/**
 * The problems of a declared pool, and the addresses of its targets.
 *
 * @module
 */

import type { Target as ConnectTarget } from "../../graph/data/claim.ts";
import { nearHint } from "../../ascii/near.ts";
import type { CheckedMessage, DeclaredNode, Finding } from "../../graph/core/node_type.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";
import { targetsAt } from "../ksocket/connect_target.ts";
import { checkPeerAddress } from "../ksocket/ksocket_use.ts";
import { targetName, type TargetSpec } from "./target_spec.ts";

const ANY_STREAM = { endpoint: parseEndpoint("inet/stream/tcp") };
const ORDERS: ReadonlySet<string> = new Set(["draintarget", "disabletarget"]);

/** The problems of a declared pool. */
export function checkPool({ messages }: DeclaredNode): readonly Finding[] {
  if (messages.some(({ command }) => command === "settargets")) {
    return [...messages.flatMap(checkPorts), ...checkOrders(messages)];
  }
  return [{
    severity: "warning",
    code: "no-target",
    message: "A pool without targets cannot serve connections",
    messageIndex: null,
    hint: "add settargets: [inet/HOST:PORT, …]",
  }];
}

/** Its targets: its users connect to them by streams or by datagrams. */
export function targetsOfPool({ messages }: Pick<DeclaredNode, "hook" | "messages">): readonly ConnectTarget[] {
  return messages.flatMap((message, messageIndex) =>
    specsOf(message).flatMap(({ to }) => {
      const [stream, datagrams] = (["tcp", "udp"] as const).map((space) => {
        return targetsAt(to, { space, each: false, messageIndex });
      });
      // A local address is the same for both.
      return to.family === "local" ? stream ?? [] : [...stream ?? [], ...datagrams ?? []];
    })
  );
}

function checkPorts(message: CheckedMessage, messageIndex: number): readonly Finding[] {
  return specsOf(message).flatMap(({ to }, at) => checkPeerAddress(ANY_STREAM, to, { messageIndex, path: [at] }));
}

/** Orders must name a target, and each target may have one order. */
function checkOrders(messages: readonly CheckedMessage[]): readonly Finding[] {
  const lists = messages.filter(({ command }) => command === "settargets");
  const known = lists.flatMap((message) => specsOf(message).map(targetName));
  // A list that waits for a reply has unknown names, and so have the addresses of a name.
  const isKnown = lists.every((message) => {
    const specs = specsOf(message);
    return specs.length > 0 && specs.every(({ resolve }) => resolve !== "all");
  });
  const ordered = new Map<string, string>();
  return messages.flatMap(({ command, args: name }, messageIndex): readonly Finding[] => {
    if (!ORDERS.has(command) || typeof name !== "string") return [];
    if (isKnown && !known.includes(name)) {
      const message = `Unknown target "${name}"`;
      const hint = nearHint(name, known) ?? `known targets: ${known.join(", ")}`;
      return [{ severity: "error", code: "unknown-target", message, messageIndex, hint }];
    }
    if (messages.slice(0, messageIndex).every(({ command }) => command !== "settargets")) {
      const message = `Message "${command}" must follow "settargets"`;
      return [{ severity: "error", code: "wrong-order", message, messageIndex, hint: "move it down" }];
    }
    const other = ordered.get(name);
    ordered.set(name, command);
    if (other === undefined || other === command) return [];
    const message = `Target "${name}" has two commands: ${other} and ${command}`;
    return [{ severity: "error", code: "two-orders", message, messageIndex, hint: "remove one of the two" }];
  });
}

function specsOf({ command, args }: CheckedMessage): readonly TargetSpec[] {
  return command === "settargets" && Array.isArray(args) ? args.filter(isSpec) : [];
}

function isSpec(value: unknown): value is TargetSpec {
  return typeof value === "object" && value !== null && "to" in value;
}
