/**
 * One unit of data on a hook.
 *
 * Ownership: an item is lent to `receive()` until it returns, then it and its buffer are reused. A node that keeps the
 * bytes longer retains `item.buffer` (and releases it) or copies them; a node never changes an item that it received.
 * The same item may travel along many hooks, one after the other.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";

/**
 * - `data`: bytes; an empty item is an empty datagram
 * - `eof`: the sender ends its direction, after all data
 * - `abort`: the sender has failed, and data may be missing: a reset stays a reset
 */
export type ItemKind = "data" | "eof" | "abort";

/** Something a node attached for another node: netgraph's mbuf tag. */
export interface Tag {
  /** Netgraph's number of the type that defines the tag. */
  readonly cookie: number;
}

/**
 * Bytes in transit.
 *
 * @example
 * ```ts
 * import { Item, SharedBuffer } from "@sockgraph/sockgraph";
 *
 * const octets = new TextEncoder().encode("hello");
 * const item = new Item().carry(new SharedBuffer(octets), 0, octets.length);
 * console.log(item.kind, item.length); // data 5
 * ```
 */
export class Item {
  /** Data, or a signal. */
  kind: ItemKind = "data";
  /** The buffer of the bytes. */
  buffer: SharedBuffer = NO_OCTETS;
  /** The offset of the first byte in `buffer.bytes`. */
  offset = 0;
  /** The number of bytes; 0 for a signal and for an empty datagram. */
  length = 0;
  /**
   * True for a self-contained item: a datagram, a framed item. False for a piece of a stream, which is useless if
   * another piece is missing. The source sets it, because nodes on the way cannot know.
   */
  whole = false;
  /** The tag for another node, beside the bytes. */
  tag: Tag | null = null;
  /** The reason of an `abort`. */
  reason: CloseReason = "reset";
  /** The error of the receiver, for a source that reads it; the receiver has dropped and counted the item. */
  refusal: ErrorCode | null = null;
  /** The number of deliveries since it left its source; see {@linkcode MAX_DELIVERIES}. */
  deliveries = 0;

  /** Fills it with bytes, as new from its source: a piece of a stream, unless the source changes that. */
  carry(buffer: SharedBuffer, offset: number, length: number): this {
    this.kind = "data";
    this.whole = false;
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    this.tag = null;
    this.refusal = null;
    this.deliveries = 0;
    return this;
  }

  /** Turns it into a signal without bytes, as new from its source; an `abort` has a reason. */
  signal(kind: "eof" | "abort", reason: CloseReason = "reset"): this {
    this.kind = kind;
    this.reason = reason;
    this.buffer = NO_OCTETS;
    this.offset = 0;
    this.length = 0;
    this.tag = null;
    this.deliveries = 0;
    return this;
  }
}

/**
 * A copy of an item that stays valid after the call. A few bytes of a large buffer are copied, because otherwise they
 * would keep all of it.
 *
 * @example
 * ```ts
 * import { Item, keepItem, SharedBuffer } from "@sockgraph/sockgraph";
 *
 * const item = new Item().carry(new SharedBuffer(new Uint8Array(8)), 0, 8);
 * const kept = keepItem(item);
 * item.signal("eof"); // Its owner uses it again.
 * console.log(kept.kind, kept.length); // data 8
 * ```
 */
export function keepItem(item: Item): Item {
  const copy = new Item();
  copy.kind = item.kind;
  copy.reason = item.reason;
  copy.whole = item.whole;
  copy.tag = item.tag;
  copy.deliveries = item.deliveries;
  copy.length = item.length;
  if (item.length * 2 < item.buffer.bytes.length) {
    copy.buffer = new SharedBuffer(item.buffer.bytes.slice(item.offset, item.offset + item.length));
  } else {
    copy.buffer = item.buffer.retain();
    copy.offset = item.offset;
  }
  return copy;
}

/** The limit of deliveries of one item; beyond it, the item is dropped as `loop`. */
export const MAX_DELIVERIES = 1024;

const NO_OCTETS: SharedBuffer = new SharedBuffer(new Uint8Array(0));
