/**
 * Larger receive buffers for datagrams on Bun, which has no call for it (1.4.5): by the C library.
 *
 * @module
 */

import { ReceiveRoom } from "../posix/receive_room.ts";
import { systemCalls } from "./system_calls.ts";

/** The calls; null on systems that runtime `posix` does not support. */
export const receiveRoom: () => Promise<ReceiveRoom | null> = systemCalls((libc, system) => {
  return new ReceiveRoom(libc, system);
});
