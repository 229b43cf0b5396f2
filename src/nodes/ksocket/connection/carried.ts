/**
 * The traffic and drops of a connection, counted at its hook, including those before it has a hook, and after it.
 *
 * @module
 */

import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import type { Item } from "../../../graph/core/item.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Socket } from "../../../socket/socket.ts";
import { reasonOf } from "../close_reason.ts";

/** The counts of one connection. */
export class Carried {
  /** The last hook that it had. */
  #hook: Hook | null = null;
  /** The lengths of what the node sent by itself before it had a hook. */
  #sentEarly: readonly number[] = NO_BYTES;
  /** Created when datagrams are lost. */
  #lost: LostDatagrams | null = null;

  /** The connection has its hook, which is not linked yet. */
  takeHook(hook: Hook): void {
    this.#hook = hook;
  }

  /** The hook is linked, so the row of its counts is known. */
  hookConnected(): void {
    for (const bytes of this.#sentEarly) this.#hook?.sentOutside(bytes);
    this.#sentEarly = NO_BYTES;
  }

  /** The number of items in both directions. */
  get items(): number {
    return this.#hook === null ? 0 : this.#hook.inItems + this.#hook.outItems;
  }

  /** The number of items from the hook. */
  get sentItems(): number {
    return this.#hook?.inItems ?? 0;
  }

  /** Their bytes. */
  get sentBytes(): number {
    return this.#hook?.inBytes ?? 0;
  }

  /** The bytes to the hook. */
  get receivedBytes(): number {
    return this.#hook?.outBytes ?? 0;
  }

  /** True if its peer has sent data, or if it never had a hook that could count it. */
  get wasHeard(): boolean {
    return (this.#hook?.outItems ?? 1) > 0;
  }

  /** Counts data that the node sends itself; a connection that was just accepted has no hook yet. */
  sent(bytes: number): void {
    if (this.#hook === null) this.#sentEarly = [...this.#sentEarly, bytes];
    else this.#hook.sentOutside(bytes);
  }

  /** Counts data that it had accepted and drops. */
  drop(reason: CloseReason, bytes: number, items = 1): void {
    this.#hook?.dropKept(reason, bytes, items);
  }

  /** Adds the datagrams that the system rejected, or had no room for, to the counts of the node. */
  addLost(node: Node, socket: Socket): void {
    if (socket.sendErrors.size === 0 && (socket.lostDatagrams ?? 0) === 0) return;
    this.#lost ??= new LostDatagrams();
    this.#lost.count(socket, { node, hook: this.#hook });
  }
}

/** The datagrams of one socket that did not arrive, as far as they are already counted. */
class LostDatagrams {
  /** The number that the system rejected, by errno. */
  readonly #refused = new Map<string, number>();
  /** The number for which the system had no room. */
  #overrun = 0;

  count(socket: Socket, { node, hook }: { readonly node: Node; readonly hook: Hook | null }): void {
    for (const [code, count] of socket.sendErrors) {
      const more = count - (this.#refused.get(code) ?? 0);
      if (more > 0) node.counts.closed(reasonOf({ code }), more);
      this.#refused.set(code, count);
    }
    const overrun = socket.lostDatagrams ?? 0;
    if (overrun > this.#overrun) hook?.dropUnseen("receive_buffer", overrun - this.#overrun);
    this.#overrun = Math.max(overrun, this.#overrun);
  }
}

const NO_BYTES: readonly number[] = [];

/** The reason for rejecting an item immediately. */
export type Refusal = "ENOTCONN" | "EISCONN" | "EDESTADDRREQ" | "EPIPE" | "EMSGSIZE" | "ENOBUFS";

/** Drops and counts an item that has arrived, and reports the reason to a sender that reads it. */
export function refuse(hook: Hook, item: Item, code: Refusal): void {
  item.refusal = code;
  hook.drop(code === "EMSGSIZE" ? "too_big" : code === "ENOBUFS" ? "queue_full" : "no_destination", item.length);
}
