/**
 * A stream that is relayed from one connection to another by an owner that lets its bytes pass directly, or not; every
 * byte is checked at the other side.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Octets, Socket } from "../../../src/socket/socket.ts";
import { Recorder } from "../../conformance/recorder.ts";
import type { PlainKind, World } from "../../conformance/world.ts";
import { Streamer } from "../../support/streams.ts";

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

/** The four sockets of a relayed stream. */
export class Bridge {
  readonly source: Socket;
  readonly from: Socket;
  readonly to: Socket;
  readonly end: Socket;
  readonly relay: Relay;
  readonly receiver: Recorder = new Recorder();
  readonly sender: Streamer;
  readonly sink: Streamer;

  private constructor({ source, from, to, end }: Pick<Bridge, "source" | "from" | "to" | "end">) {
    this.source = source;
    this.from = from;
    this.to = to;
    this.end = end;
    this.relay = new Relay(to);
    this.sender = new Streamer(source);
    this.sink = new Streamer(end);
    from.owner = this.relay;
    to.owner = this.receiver;
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

  /** Sends until `isEnough`. */
  sendUntil(isEnough: () => boolean): Promise<void> {
    return this.sender.sendUntil(isEnough, Infinity, this.relay);
  }

  /** Sends until this many bytes have passed without being read. */
  sendInBulk(bytes: number): Promise<void> {
    const { passage } = this.relay;
    const until = passage.moved + bytes;
    return this.sendUntil(() => passage.moved >= until);
  }

  /** The receiver reads no more, and its queue is not empty. */
  async stall(): Promise<void> {
    this.sink.answer = () => false;
    await this.sendUntil(() => this.to.queuedBytes > 0);
  }

  /** The receiver reads again. */
  goOn(): void {
    this.sink.answer = () => {};
    this.end.resume();
  }

  /** Everything has arrived, and the end. */
  async finish(): Promise<void> {
    this.source.shutdown();
    await this.sink.until(() => this.sink.endedCount + this.sink.errors.length > 0);
    assert.deepEqual(this.sink.errors, []);
    assert.equal(this.sink.receivedBytes, this.sender.sent);
  }
}
