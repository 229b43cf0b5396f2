/**
 * Sends what a connection begins with, such as a PROXY header.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { StreamLower } from "./stream_transport.ts";

/** Sends the first bytes of a connection; they are few, and wait in its queue. */
export function sendPreamble(connection: Pick<StreamLower, "send">, bytes: Uint8Array<ArrayBuffer>): void {
  connection.send({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length });
}
