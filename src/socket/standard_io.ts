/**
 * Standard input and output of the engine's process, as a contract. There is one, with one owner at a time.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";

/** The owner of standard input and output. */
export interface StandardIoOwner {
  /**
   * Bytes have arrived; they belong to the owner.
   *
   * @returns false if they were accepted and no more may follow until `resume()`
   */
  received(octets: Uint8Array<ArrayBuffer>): void | false;
  /** Standard input has ended. */
  ended(): void;
  /** After a `write` that returned false, the next one can follow. */
  drained(): void;
  /** It failed. */
  failed(error: NetgraphError): void;
}

/** Standard input and output, opened. Reads nothing before `resume()`. */
export interface StandardStream {
  /** Reads until a call returns false. */
  resume(): void;
  /**
   * Writes bytes, which belong to the stream from then on.
   *
   * @returns false if they were accepted and no more may be written until `drained`
   */
  write(octets: Uint8Array<ArrayBuffer>): void | false;
  /** Closes it; written bytes are still sent. */
  close(): void;
}

/** Opens standard input and output. */
export interface StandardIo {
  /**
   * Opens them.
   *
   * @throws NetgraphError EBUSY while they are open
   */
  open(owner: StandardIoOwner): StandardStream;
}
