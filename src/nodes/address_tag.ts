/**
 * The tag that names a datagram's sender or destination: netgraph's `NG_KSOCKET_TAG_SOCKADDR`.
 *
 * A ksocket tags the datagrams that it receives with its own ID; any ksocket uses a tag with its own ID, or with ID 0,
 * as the destination, and ignores other tags. Therefore an echo answers the right peer, and two ksockets can be joined.
 *
 * @module
 */

import type { Tag } from "../graph/core/item.ts";
import type { SocketAddress } from "../socket/address.ts";

/** ksocket's cookie, which its tags contain. */
export const KSOCKET_COOKIE = 942_710_669;

/** The sender or the destination of a datagram. */
export class AddressTag implements Tag {
  readonly cookie = KSOCKET_COOKIE;
  /** The ksocket that received it; 0 if another node addresses it. */
  readonly id: number;
  readonly address: SocketAddress;

  constructor(id: number, address: SocketAddress) {
    this.id = id;
    this.address = address;
  }
}

/** The destination of a datagram with this tag at the ksocket `id`; null if the tag has none. */
export function destinationOf(tag: Tag | null, id: number): SocketAddress | null {
  if (!(tag instanceof AddressTag)) return null;
  return tag.id === id || tag.id === 0 ? tag.address : null;
}
