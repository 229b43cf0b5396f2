/**
 * Items for those who send: one is in use for each step of nesting, rather than one for each of thousands of sockets
 * that are silent.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import type { Hook } from "./hook.ts";
import { Item } from "./item.ts";

const free: Item[] = [];

/** An item to send and then to give back. It holds whatever it held last. */
export function takeItem(): Item {
  return free.pop() ?? new Item();
}

/** Gives an item back. One that is not, because something was thrown meanwhile, is the collector's. */
export function giveBack(item: Item): void {
  free.push(item);
}

/** Sends a sign without octets. */
export function sendSign(hook: Hook | null, kind: "eof" | "abort", reason: CloseReason = "reset"): void {
  if (hook === null) return;
  const item = takeItem().signal(kind, reason);
  hook.send(item);
  giveBack(item);
}
