/**
 * Items for senders: one is in use per level of nesting, rather than one for each of thousands of idle sockets.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import type { Hook } from "./hook.ts";
import { Item } from "./item.ts";

const free: Item[] = [];

/** An item to send and then to return. It still has its last content. */
export function acquireItem(): Item {
  return free.pop() ?? new Item();
}

/** Returns an item. If an exception prevents that, the garbage collector removes it. */
export function releaseItem(item: Item): void {
  free.push(item);
}

/** Sends a signal without bytes. */
export function sendSign(hook: Hook | null, kind: "eof" | "abort", reason: CloseReason = "reset"): void {
  if (hook === null) return;
  const item = acquireItem().signal(kind, reason);
  hook.send(item);
  releaseItem(item);
}
