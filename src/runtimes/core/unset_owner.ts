/**
 * The owner of a socket before one was set: each call is a mistake of the program, and throws.
 *
 * @module
 */

import type { SocketOwner } from "../../socket/socket.ts";
import type { StreamUpper } from "./stream_transport.ts";

/** The owner of a socket without one; every call is a mistake. */
export const UNSET_OWNER: SocketOwner = {
  arrived: mistake,
  ended: mistake,
  drained: mistake,
  accepted: mistake,
  failed: mistake,
  acceptFailed: mistake,
};

/** The part above a connection that was not accepted yet; every call is a mistake. */
export const UNSET_UPPER: StreamUpper = {
  arrived: mistake,
  ended: mistake,
  drained: mistake,
  flushed: mistake,
  failed: mistake,
};

function mistake(): never {
  throw new TypeError("The owner of this socket was never set");
}
