/**
 * Standard input and output of the engine's process, as a contract. There is one of it, and one at a time has it.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";

/** Who has standard input and output. */
export interface StandardIoOwner {
  /**
   * Octets have come in; they are the owner's.
   *
   * @returns false when they were taken and no more shall come until `resume()`
   */
  received(octets: Uint8Array<ArrayBuffer>): void | false;
  /** Standard input has ended. */
  ended(): void;
  /** What `write` pushed back can go on. */
  drained(): void;
  /** It does not work any more. */
  failed(error: NetgraphError): void;
}

/** Standard input and output, opened. Nothing is read before `resume()`. */
export interface StandardStream {
  /** Reads, until an answer was false. */
  resume(): void;
  /**
   * Writes octets, which belong to the stream from then on.
   *
   * @returns false when they were taken and nothing more shall be written until `drained`
   */
  write(octets: Uint8Array<ArrayBuffer>): void | false;
  /** Gives it back; what was written still goes out. */
  close(): void;
}

/** Where standard input and output are had. */
export interface StandardIo {
  /**
   * Opens them.
   *
   * @throws NetgraphError EBUSY while somebody has them
   */
  open(owner: StandardIoOwner): StandardStream;
}
