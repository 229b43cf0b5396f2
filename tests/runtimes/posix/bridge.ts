/**
 * A stream that is relayed from one connection to another by an owner that lets its bytes pass directly, or not; every
 * byte is checked at the other side.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { SharedBuffer } from "../../../src/buffer.ts";
import type { Octets, Socket } from "../../../src/socket/socket.ts";
import { pattern, Recorder } from "../../conformance/recorder.ts";
import type { PlainKind, World } from "../../conformance/world.ts";

/** Of a prime length, so that no piece of it is at two places of a buffer or of a step. */
const BLOCK = new SharedBuffer(pattern(1_000_003, 7));
const PIECE_BYTES = 200_000;

/** The bytes of the stream from a position on, as many as one buffer holds. */
function piece(position: number, length: number): Octets {
  const offset = position % BLOCK.bytes.length;
  return { buffer: BLOCK, offset, length: Math.min(length, BLOCK.bytes.length - offset) };
}

/** Owns a socket whose data goes to another one. */
class Relay extends Recorder {
  /** Bytes that passed without being read, and bytes that were read. */
  readonly passage = { moved: 0, read: 0 };
  isDirect: () => boolean = () => true;
  readonly #to: Socket;

  constructor(to: Socket) {
    super();
    this.#to = to;
  }

  override arrived(octets: Octets): void | false {
    this.passage.read += octets.length;
    const answer = this.#to.send(octets, null);
    this.wake();
    return answer;
  }

  directTarget(): Socket | null {
    return this.isDirect() ? this.#to : null;
  }

  passed(bytes: number, isFull: boolean): void | false {
    this.passage.moved += bytes;
    this.wake();
    return isFull ? false : undefined;
  }

  override ended(): void {
    super.ended();
    this.#to.shutdown();
  }
}

/** Owns the end of the stream, and checks it. */
export class Sink extends Recorder {
  override arrived(octets: Octets): void | false {
    for (let done = 0; done < octets.length;) {
      const { offset, length } = piece(this.receivedBytes, octets.length - done);
      const expected = BLOCK.bytes.subarray(offset, offset + length);
      const arrived = octets.buffer.bytes.subarray(octets.offset + done, octets.offset + done + length);
      assert.equal(Buffer.compare(expected, arrived), 0, `wrong bytes at ${this.receivedBytes}`);
      this.receivedBytes += length;
      done += length;
    }
    const answer = this.answer();
    this.wake();
    return answer;
  }
}

/** The four sockets of a relayed stream. */
export class Bridge {
  readonly source: Socket;
  readonly from: Socket;
  readonly to: Socket;
  readonly end: Socket;
  readonly relay: Relay;
  readonly receiver: Recorder = new Recorder();
  readonly sink: Sink = new Sink();
  readonly #sender = new Recorder();
  sent = 0;

  private constructor({ source, from, to, end }: Pick<Bridge, "source" | "from" | "to" | "end">) {
    this.source = source;
    this.from = from;
    this.to = to;
    this.end = end;
    this.relay = new Relay(to);
    source.owner = this.#sender;
    from.owner = this.relay;
    to.owner = this.receiver;
    end.owner = this.sink;
    this.receiver.onDrained = () => from.resume();
    from.resume();
    end.resume();
  }

  static async open(world: World, kind: PlainKind = "inet/stream"): Promise<Bridge> {
    const [first, second] = [await world.pair(kind), await world.pair(kind)];
    return new Bridge({
      source: first.client.socket,
      from: first.server.socket,
      to: second.client.socket,
      end: second.server.socket,
    });
  }

  /** Sends until `isEnough`, or until the source is full if nothing more is taken. */
  async sendUntil(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      const octets = piece(this.sent, PIECE_BYTES);
      this.sent += octets.length;
      const { drainedCount } = this.#sender;
      if (this.source.send(octets, null) !== false) continue;
      await Promise.race([
        this.#sender.until(() => this.#sender.drainedCount > drainedCount),
        this.relay.until(isEnough),
      ]);
    }
  }

  /** Sends until this many bytes have passed without being read. */
  sendInBulk(bytes: number): Promise<void> {
    const { relay } = this;
    const until = relay.passage.moved + bytes;
    return this.sendUntil(() => relay.passage.moved >= until);
  }

  /** Sends at least this many bytes. */
  send(bytes: number): Promise<void> {
    const until = this.sent + bytes;
    return this.sendUntil(() => this.sent >= until);
  }

  /** Everything has arrived, and the end. */
  async finish(): Promise<void> {
    this.source.shutdown();
    await this.sink.until(() => this.sink.endedCount === 1);
    assert.equal(this.sink.receivedBytes, this.sent);
  }
}
