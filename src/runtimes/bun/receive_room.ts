/**
 * Room for bursts of datagrams on Bun, which has no call for it (1.4.5): by the C library.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { openLibc } from "../posix/open_library.ts";
import { ReceiveRoom } from "../posix/receive_room.ts";
import { knownSystem } from "../posix/this_system.ts";

let room: Promise<ReceiveRoom | null> | null = null;

/** The calls; null on systems that runtime `posix` does not know. */
export function receiveRoom(): Promise<ReceiveRoom | null> {
  return room ??= openRoom();
}

async function openRoom(): Promise<ReceiveRoom | null> {
  const system = knownSystem();
  if (system === null) return null;
  try {
    return new ReceiveRoom(await openLibc(system), system);
  } catch (error) {
    if (error instanceof NetgraphError && error.code === "ENOSYS") return null;
    throw error;
  }
}
