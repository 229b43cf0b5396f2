/**
 * A socket's owner that records its calls and lets a test wait for them.
 *
 * @module
 */

import type { NetgraphError } from "../../src/errors.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { SharedBuffer } from "../../src/buffer.ts";
import type { Octets, Socket, SocketOwner } from "../../src/socket/socket.ts";

/** One call of `arrived`. */
export interface Received {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress | null;
}

/** Records, and answers `arrived` with what `answer` says. */
export class Recorder implements SocketOwner {
  readonly received: Received[] = [];
  readonly children: { socket: Socket; owner: Recorder }[] = [];
  readonly errors: NetgraphError[] = [];
  receivedBytes = 0;
  endedCount = 0;
  drainedCount = 0;
  /** What `arrived` answers; it may count on the octets being recorded. */
  answer: () => void | false = () => {};
  /** Called at `drained`. */
  onDrained: () => void = () => {};
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const bytes = octets.buffer.bytes.slice(octets.offset, octets.offset + octets.length);
    this.received.push({ bytes, from });
    this.receivedBytes += bytes.length;
    const answer = this.answer();
    this.wake();
    return answer;
  }

  ended(): void {
    this.endedCount++;
    this.wake();
  }

  drained(): void {
    this.drainedCount++;
    this.onDrained();
    this.wake();
  }

  accepted(child: Socket): void {
    const owner = new Recorder();
    child.owner = owner;
    this.children.push({ socket: child, owner });
    this.wake();
  }

  failed(error: NetgraphError): void {
    this.errors.push(error);
    this.wake();
  }

  acceptFailed(error: NetgraphError): void {
    this.errors.push(error);
    this.wake();
  }

  /** Settles when the owner's calls make `test` true. */
  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  /** Everything that was received, as one. */
  bytes(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.receivedBytes);
    let offset = 0;
    for (const { bytes } of this.received) {
      whole.set(bytes, offset);
      offset += bytes.length;
    }
    return whole;
  }

  /** Everything that was received, as text. */
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** Settles what waits for what is true now. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ test }) => !test());
    for (const { test, resolve } of waiting) if (test()) resolve();
  }
}

/** Text as a socket takes it. */
export function octetsOf(text: string): Octets {
  return wholeOctets(new TextEncoder().encode(text));
}

/** Bytes as a socket takes them. */
export function wholeOctets(bytes: Uint8Array<ArrayBuffer>): Octets {
  return { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
}

/** Bytes that show when they are lost, duplicated or out of order. */
export function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
