/**
 * A hook: one of a node's connections to others.
 *
 * @module
 */

import type { CloseReason } from "./close_reason.ts";
import { type Item, MAX_DELIVERIES } from "./item.ts";
import type { Node } from "./node.ts";

interface Dropped {
  readonly items: number;
  readonly bytes: number;
}

/** One end of a link. Data goes out by `send`, and comes in by the node's `receive`. */
export class Hook {
  /** Whose it is. */
  readonly node: Node;
  /** Its name, unique within its node. */
  name: string;
  /** True when the node's type picked the name. */
  readonly automatic: boolean;
  /** The other end; null before the link is complete and after it is gone. */
  peer: Hook | null = null;
  /** Items of data that came in. */
  inItems = 0;
  /** Octets that came in. */
  inBytes = 0;
  /** Items of data that went out. */
  outItems = 0;
  /** Octets that went out. */
  outBytes = 0;
  #dropped: Map<CloseReason, Dropped> | null = null;

  /** Only {@linkcode Graph} makes hooks. */
  constructor(node: Node, name: string, automatic: boolean) {
    this.node = node;
    this.name = name;
    this.automatic = automatic;
  }

  /** Gives it another name, in its old place. */
  rename(name: string): void {
    this.node.hooks.rename(this.name, name);
    this.name = name;
  }

  /**
   * Delivers an item to the node at the other end. Without one it is dropped.
   *
   * @returns false when it was taken and the other node is now full: nothing more until `resumed` is called
   */
  send(item: Item): void | false {
    const peer = this.peer;
    const isData = item.kind === "data";
    if (peer === null) return isData ? this.drop("no_destination", item.length) : undefined;
    if (++item.deliveries > MAX_DELIVERIES) return this.drop("loop", item.length);
    if (isData) {
      this.outItems++;
      this.outBytes += item.length;
      peer.inItems++;
      peer.inBytes += item.length;
    }
    return peer.node.behaviour.receive(peer, item);
  }

  /** Tells the node at the other end, which was answered false, that it may send again. */
  resume(): void {
    const peer = this.peer;
    if (peer !== null) peer.node.behaviour.resumed?.(peer);
  }

  /** Counts an item of so many bytes that goes no further. */
  drop(reason: CloseReason, bytes: number): void {
    this.#dropped ??= new Map();
    const before = this.#dropped.get(reason);
    this.#dropped.set(reason, { items: (before?.items ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes });
  }

  /** Counts more bytes of an item that was counted before. */
  dropMore(reason: CloseReason, bytes: number): void {
    const before = this.#dropped?.get(reason);
    if (before !== undefined) this.#dropped?.set(reason, { ...before, bytes: before.bytes + bytes });
  }

  /** True when items were dropped here. */
  get hasDropped(): boolean {
    return this.#dropped !== null;
  }

  /** Items dropped here, by reason. */
  dropped(): Readonly<Record<string, number>> {
    return this.#dropped === null
      ? {}
      : Object.fromEntries(this.#dropped.entries().map(([why, { items }]) => [why, items]));
  }

  /** Bytes of the items dropped here, by reason. */
  droppedBytes(): Readonly<Record<string, number>> {
    return this.#dropped === null
      ? {}
      : Object.fromEntries(this.#dropped.entries().map(([why, { bytes }]) => [why, bytes]));
  }
}
