/**
 * The owner of a socket that is nobody's yet: it takes nothing.
 *
 * @module
 */

import type { SocketOwner } from "../../../socket/socket.ts";

/** An owner who hears nothing; `failed` is told when the socket has died. */
export function discardingOwner(failed: () => void = () => {}): SocketOwner {
  return {
    arrived: () => {},
    ended: () => {},
    drained: () => {},
    accepted: (child) => child.abort(),
    failed,
    acceptFailed: () => {},
  };
}
