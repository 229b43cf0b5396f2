/**
 * What comes for a stream before it is connected: it waits, bounded, in order.
 *
 * @module
 */

import { type Item, keepItem } from "../../../graph/core/item.ts";

/** Items that wait for a connection. */
export class EarlyItems {
  #items: Item[] = [];
  #bytes = 0;

  /** How many octets wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps an item beyond the call it came in. */
  push(item: Item): void {
    this.#items.push(keepItem(item));
    this.#bytes += item.length;
  }

  /** Hands all of them to `take`, in order, and gives back what they held; the number of them. */
  empty(take: (item: Item) => void): number {
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
