/**
 * Long streams between sockets of a test's own, of which every byte is checked when it arrives.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { SharedBuffer } from "../../src/buffer.ts";
import { NetgraphError } from "../../src/errors.ts";
import type { Octets, Socket } from "../../src/socket/socket.ts";
import { pattern, Recorder } from "../conformance/recorder.ts";

/** Of a prime length, so that no piece of it is at two places of a buffer or of a step. */
const BLOCK = new SharedBuffer(pattern(1_000_003, 7));
const PIECE_BYTES = 200_000;

/** The bytes of the stream from a position on, as many as one buffer holds. */
function piece(position: number, length: number): Octets {
  const offset = position % BLOCK.bytes.length;
  return { buffer: BLOCK, offset, length: Math.min(length, BLOCK.bytes.length - offset) };
}

/** Owns a socket that sends the stream and receives one, and checks it: wrong bytes are an error. */
export class Streamer extends Recorder {
  /** Bytes that were sent. */
  sent = 0;
  readonly #socket: Socket;
  readonly #first: number;

  /** @param first the position in the stream of the first byte: streams that are mixed up do not match */
  constructor(socket: Socket, first = 0) {
    super();
    this.#socket = socket;
    this.#first = first;
    socket.owner = this;
  }

  override arrived(octets: Octets): void | false {
    for (let done = 0; done < octets.length;) {
      const { offset, length } = piece(this.#first + this.receivedBytes, octets.length - done);
      const expected = BLOCK.bytes.subarray(offset, offset + length);
      const arrived = octets.buffer.bytes.subarray(octets.offset + done, octets.offset + done + length);
      if (Buffer.compare(expected, arrived) !== 0) {
        this.errors.push(new NetgraphError("EIO", `Wrong bytes at ${this.receivedBytes}`));
      }
      this.receivedBytes += length;
      done += length;
    }
    const answer = this.answer();
    this.wake();
    return answer;
  }

  /** Sends until this many bytes are sent, or it has failed. */
  async send(bytes: number): Promise<void> {
    const until = this.sent + bytes;
    await this.sendUntil(() => this.sent >= until, until);
  }

  /** Sends until `isEnough`, which is asked again when it can send more and whenever `other` is called. */
  async sendUntil(isEnough: () => boolean, most = Infinity, other: Recorder = this): Promise<void> {
    const hasFailed = (): boolean => this.errors.length > 0;
    while (!isEnough() && !hasFailed()) {
      const octets = piece(this.#first + this.sent, Math.min(PIECE_BYTES, most - this.sent));
      const { drainedCount } = this;
      this.sent += octets.length;
      if (this.#socket.send(octets, null) !== false) continue;
      await Promise.race([
        this.until(() => this.drainedCount > drainedCount || hasFailed()),
        other.until(isEnough),
      ]);
    }
  }
}
