/**
 * Bytes that sockets and programs pass to their owners, and receive from them.
 *
 * @module
 */

import type { SharedBuffer } from "../buffer.ts";

/**
 * Bytes in a buffer that is lent to the callee until it returns; a callee that needs them longer retains the buffer or
 * copies them.
 */
export interface Octets {
  /** The buffer. */
  readonly buffer: SharedBuffer;
  /** The offset of the first byte in `buffer.bytes`. */
  readonly offset: number;
  /** The number of bytes; 0 is an empty datagram. */
  readonly length: number;
}
