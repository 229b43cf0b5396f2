/**
 * The items that arrive for a stream before it is connected, in order, up to `maxQueueBytes`.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import { type Item, keepItem } from "../../../graph/core/item.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import type { ConnectionTap } from "./connection_tap.ts";
import type { Carried } from "./carried.ts";

/** Items that wait for a connection. */
export class EarlyItems {
  #items: Item[] = [];
  #bytes = 0;

  /** The number of waiting bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps an item of a hook, which does not count it yet.
   *
   * @returns false if that would be more than `maxQueueBytes`
   */
  keep(hook: Hook, item: Item, { maxQueueBytes }: Pick<KsocketConfig, "maxQueueBytes">): boolean {
    if (this.#bytes + item.length > maxQueueBytes) return false;
    this.#items.push(keepItem(item));
    this.#bytes += item.length;
    hook.hold(item);
    return true;
  }

  /**
   * Sends all items.
   *
   * @returns whether the socket is full; null if there were none
   */
  sendTo(socket: Socket, { hook, tap }: { hook: Hook | null; tap: ConnectionTap | null }): boolean | null {
    let full: boolean | null = null;
    this.#empty((item) => {
      hook?.release(item);
      full = socket.send(item, null) === false;
      tap?.passed("out", item);
    });
    return full;
  }

  /**
   * Drops all items and counts them.
   *
   * @returns whether there were any
   */
  drop(reason: CloseReason, carried: Carried): boolean {
    return this.#empty((item) => carried.drop(reason, item.length)) > 0;
  }

  /** Drops all items; the connection counts them. */
  clear(): void {
    this.#empty(() => {});
  }

  #empty(take: (item: Item) => void): number {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    for (const item of items) {
      take(item);
      item.buffer.release();
    }
    return items.length;
  }
}

/** The error of a connection that cannot queue more data. */
export function earlyQueueFull({ path }: Pick<Node, "path">): NetgraphError {
  const message = `Cannot queue more data for "${path}" while it connects: maxQueueBytes is reached; ` +
    "setconfig can increase maxQueueBytes";
  return new NetgraphError("ENOBUFS", message);
}
