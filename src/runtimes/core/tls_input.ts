/**
 * Cipher text that has come from a peer: it goes to OpenSSL in slices, as much as the owner of the plain text takes.
 *
 * @module
 */

import type { Octets } from "../../socket/socket.ts";
import type { Session } from "../tls/session.ts";

/** The size of the pieces that OpenSSL receives, in bytes: its memory never shrinks. */
export const SLICE_BYTES: number = 32 * 1024;
/** The number of first bytes of the peer that are stored, to report its protocol. */
const FIRST_BYTES = 16;

/** The data that was read and is not decrypted: at most one read, because the connection below is then paused. */
export class TlsInput {
  readonly #session: Session;
  #octets: Octets | null = null;
  #offset = 0;
  /** True once the buffer was retained: it is lent at first. */
  #isRetained = false;
  /** The first bytes that the peer sent. */
  firstBytes: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(session: Session) {
    this.#session = session;
  }

  get isEmpty(): boolean {
    return this.#octets === null;
  }

  /** Takes what has come, lent until {@linkcode TlsInput.retain}. */
  take(octets: Octets): void {
    if (this.firstBytes.length < FIRST_BYTES) this.#keepFirst(octets);
    this.#octets = octets;
    this.#offset = octets.offset;
  }

  /** Passes the next slice to OpenSSL; false if there is none. */
  feed(): boolean {
    const octets = this.#octets;
    if (octets === null) return false;
    const { buffer, offset, length } = octets;
    const end = Math.min(offset + length, this.#offset + SLICE_BYTES);
    this.#session.feed(buffer.bytes.subarray(this.#offset, end));
    this.#offset = end;
    if (end === offset + length) this.drop();
    return true;
  }

  /** Keeps what is left beyond the call in which it came. */
  retain(): void {
    if (this.#octets === null || this.#isRetained) return;
    this.#octets.buffer.retain();
    this.#isRetained = true;
  }

  /** Forgets what is left. */
  drop(): void {
    if (this.#isRetained) this.#octets?.buffer.release();
    this.#isRetained = false;
    this.#octets = null;
  }

  #keepFirst({ buffer, offset, length }: Octets): void {
    const { firstBytes } = this;
    const more = buffer.bytes.subarray(offset, offset + Math.min(length, FIRST_BYTES - firstBytes.length));
    this.firstBytes = new Uint8Array(firstBytes.length + more.length);
    this.firstBytes.set(firstBytes);
    this.firstBytes.set(more, firstBytes.length);
  }
}
