/**
 * The node of a session: a socket node, its tags as text.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import type { Tag } from "../graph/core/item.ts";
import type { DataAddress, WriteOptions } from "../graph/session/session.ts";
import type { SessionEnd, SessionEndReader } from "../graph/session/session_local.ts";
import { sockaddr } from "../socket/address_text.ts";
import { AddressTag } from "./address_tag.ts";
import { type SocketEnd, type SocketSendOptions, socketTypeFor } from "./socket.ts";

/** Creates the type of the one node that `reader` reads. */
export function sessionEnd(reader: SessionEndReader): SessionEnd {
  let made: SocketEnd | null = null;
  const type = socketTypeFor(reader, (end) => {
    made = end;
  });
  const end = (): SocketEnd => {
    if (made === null) throw new RangeError("Cannot send by a socket node that was not made");
    return made;
  };
  return {
    type,
    send: (hook, octets, options) => end().send(hook, octets, sendOptions(options)),
    end: (hook) => end().end(hook),
    addressOf,
  };
}

function sendOptions({ to, whole = true }: WriteOptions): SocketSendOptions {
  const options = { whole, asks: true };
  return to === undefined ? options : { ...options, tag: new AddressTag(to.id, parseText(sockaddr, to.address)) };
}

function addressOf(tag: Tag | null): DataAddress | null {
  return tag instanceof AddressTag ? { id: tag.id, address: sockaddr.format(tag.address) } : null;
}
