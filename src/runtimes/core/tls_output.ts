/**
 * The plain text that a TLS connection sends: encrypted in slices, so that a buffer holds what they become.
 *
 * @module
 */

import type { Octets } from "../../socket/socket.ts";
import type { Session } from "../tls/session.ts";
import type { StreamLower } from "./stream_transport.ts";
import type { TlsHost } from "./tls_host.ts";
import { SLICE_BYTES } from "./tls_input.ts";

/** The session that encrypts, and the receiver of the cipher text. */
export interface TlsOutput {
  readonly session: Session;
  readonly host: TlsHost;
  readonly lower: Pick<StreamLower, "send">;
}

/** Encrypts and sends bytes; `full`: the connection is now full. */
export function encrypt(
  { buffer, offset, length }: Octets,
  { session, host, lower }: TlsOutput,
): "sent" | "full" | "failed" {
  const end = offset + length;
  let isFull = false;
  for (let at = offset; at < end;) {
    const room = host.cipherBuffer();
    let filled = 0;
    while (at < end && filled + 2 * SLICE_BYTES <= room.bytes.length) {
      const to = Math.min(end, at + SLICE_BYTES);
      if (!session.write(buffer.bytes.subarray(at, to))) return "failed";
      at = to;
      filled += session.take(room.bytes.subarray(filled));
    }
    if (lower.send({ buffer: room, offset: 0, length: filled }) === false) isFull = true;
  }
  return isFull ? "full" : "sent";
}
