/**
 * A bounded queue between a sender that never waits and readers that do. Items without room are counted.
 *
 * @module
 */

/**
 * What happens to items when a channel is full.
 *
 * - `block`: they are accepted, and the sender must wait
 * - `drop-newest`: they are dropped
 * - `drop-oldest`: what has waited longest is dropped in their place
 */
export type OverflowPolicy = "block" | "drop-newest" | "drop-oldest";

/** The limits of a channel. */
export interface ChannelOptions<T> {
  /** The limit of waiting items; without it only the sender limits the channel. */
  readonly limit?: number;
  /** The weight of an item: 1 by default. An item of weight 0 is never dropped. */
  readonly costOf?: (item: T) => number;
  /** `drop-newest` by default. */
  readonly overflow?: OverflowPolicy;
  /** Called when half of it is free again, after `send` returned false. */
  readonly onRoom?: () => void;
  /**
   * With `drop-newest`: creates one item that represents a gap. Everything after the first dropped item is dropped too,
   * until the channel has been read up to the gap.
   */
  readonly gap?: (dropped: number, first: T) => T;
  /** Ends the channel when it aborts, and discards what waits. */
  readonly signal?: AbortSignal;
}

/** A queue whose items are each read once, in their order. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #options: ChannelOptions<T>;
  readonly #limit: number;
  readonly #overflow: OverflowPolicy;
  readonly #readers: ((item: T | null) => void)[] = [];
  #items: T[] = [];
  #size = 0;
  #dropped = 0;
  #gap: { readonly first: T; count: number } | null = null;
  #full = false;
  #ended = false;

  /** Makes an empty channel. */
  constructor(options: ChannelOptions<T> = {}) {
    this.#options = options;
    this.#limit = options.limit ?? Infinity;
    this.#overflow = options.overflow ?? "drop-newest";
    const { signal } = options;
    if (signal?.aborted === true) this.#ended = true;
    else signal?.addEventListener("abort", () => this.#discard(), { once: true });
  }

  /** The number of dropped items. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True when nothing waits to be read. */
  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#gap === null;
  }

  /** @returns false if the item was accepted and the sender should wait for `onRoom` */
  send(item: T): boolean {
    if (this.#ended) return true;
    // A reader waits only while the channel is empty.
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader(item);
      return true;
    }
    const cost = this.#costOf(item);
    if (!this.#makeRoom(cost)) {
      this.#drop(item);
      return true;
    }
    this.#items.push(item);
    this.#size += cost;
    this.#full = this.#overflow === "block" && this.#size >= this.#limit;
    return !this.#full;
  }

  /** The next item; null when there will be none any more. */
  next(): Promise<T | null> {
    const [item] = this.#items;
    if (this.#items.length > 0 && item !== undefined) {
      this.#items.shift();
      this.#size -= this.#costOf(item);
      this.#announceRoom();
      return Promise.resolve(item);
    }
    if (this.#gap !== null) {
      const { first, count } = this.#gap;
      this.#gap = null;
      return Promise.resolve(this.#options.gap?.(count, first) ?? null);
    }
    return this.#ended ? Promise.resolve(null) : new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Ends sending; waiting items can still be read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader(null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let item = await this.next(); item !== null; item = await this.next()) yield item;
  }

  #costOf(item: T): number {
    return this.#options.costOf?.(item) ?? 1;
  }

  #makeRoom(cost: number): boolean {
    if (cost === 0 || this.#overflow === "block") return true;
    if (this.#gap !== null) return false;
    // One item may be larger than the limit.
    let excess = this.#size === 0 ? 0 : this.#size + cost - this.#limit;
    if (excess <= 0 || this.#overflow === "drop-newest") return excess <= 0;
    this.#items = this.#items.filter((item) => {
      const freed = excess <= 0 ? 0 : this.#costOf(item);
      if (freed === 0) return true;
      excess -= freed;
      this.#size -= freed;
      this.#dropped++;
      return false;
    });
    return excess <= 0;
  }

  #drop(item: T): void {
    this.#dropped++;
    if (this.#gap !== null) this.#gap.count++;
    else if (this.#options.gap !== undefined) this.#gap = { first: item, count: 1 };
  }

  /** Half of it must be free: a sender that continues for every item continues too often. */
  #announceRoom(): void {
    if (!this.#full || this.#size * 2 > this.#limit) return;
    this.#full = false;
    this.#options.onRoom?.();
  }

  #discard(): void {
    this.#items = [];
    this.#gap = null;
    this.#size = 0;
    this.end();
  }
}
