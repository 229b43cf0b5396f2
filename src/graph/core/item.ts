/**
 * One unit of data on a hook.
 *
 * Ownership: an item is lent to `receive()` until it returns, then it and its buffer are used again. Who keeps octets
 * longer retains `item.buffer` (and releases it) or copies; nobody changes an item that came from elsewhere. The same
 * item may travel along many hooks, one after the other.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";

/**
 * - `data`: octets; none at all is an empty datagram
 * - `eof`: the sender ends its direction, behind all data
 * - `abort`: the sender is gone, data may be missing: a reset stays a reset
 */
export type ItemKind = "data" | "eof" | "abort";

/** Something a node attached for another node: netgraph's mbuf tag. */
export interface Tag {
  /** Netgraph's number of the type that knows what the tag says. */
  readonly cookie: number;
}

/**
 * Octets under way.
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
  /** Octets, or a sign. */
  kind: ItemKind = "data";
  /** Where the octets are. */
  buffer: SharedBuffer = NO_OCTETS;
  /** Where the octets begin in `buffer.bytes`. */
  offset = 0;
  /** How many octets; 0 for a sign and for an empty datagram. */
  length = 0;
  /**
   * True for what is something by itself: a datagram, a framed item. False for a piece of a stream, which is worth nothing
   * when another piece is missing. Its source says so, since no node on the way can know.
   */
  whole = false;
  /** What another node is told beside the octets. */
  tag: Tag | null = null;
  /** Why the sender is gone, for an `abort`. */
  reason: CloseReason = "reset";
  /** What whoever it was sent to has against it, for a source that wants to know; it was dropped, and counted, there. */
  refusal: ErrorCode | null = null;
  /** How often it was delivered since it left its source; see {@linkcode MAX_DELIVERIES}. */
  deliveries = 0;

  /** Makes it carry octets, as fresh from its source: a piece of a stream, unless that says else. */
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

  /** Makes it a sign without octets, as fresh from its source; an `abort` says why. */
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
 * An item that outlives the call it came in. Few octets of a large buffer are copied, or they would hold all of it.
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

/** How often one item may be delivered; what is beyond is dropped as `loop`. */
export const MAX_DELIVERIES = 1024;

const NO_OCTETS: SharedBuffer = new SharedBuffer(new Uint8Array(0));
