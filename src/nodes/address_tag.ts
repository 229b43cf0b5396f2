/**
 * The tag that names a datagram's sender or destination: netgraph's `NG_KSOCKET_TAG_SOCKADDR`.
 *
 * A ksocket tags what it receives with its own id; any ksocket takes a tag of its own id, or of id 0, as the
 * destination, and ignores the tag of another. So an echo answers the right peer, and two ksockets can be joined.
 *
 * @module
 */

import type { Tag } from "../graph/core/item.ts";
import type { SocketAddress } from "../socket/address.ts";

/** ksocket's number, which its tags carry. */
export const KSOCKET_COOKIE = 942_710_669;

/** Who sent a datagram, or who shall get it. */
export class AddressTag implements Tag {
  readonly cookie = KSOCKET_COOKIE;
  /** The ksocket that it came in by; 0 when a third party addresses it. */
  readonly id: number;
  readonly address: SocketAddress;

  constructor(id: number, address: SocketAddress) {
    this.id = id;
    this.address = address;
  }
}

/** Where the ksocket `id` shall send a datagram that has this tag; null where the tag does not say. */
export function destinationOf(tag: Tag | null, id: number): SocketAddress | null {
  if (!(tag instanceof AddressTag)) return null;
  return tag.id === id || tag.id === 0 ? tag.address : null;
}
