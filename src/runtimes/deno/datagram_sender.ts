/**
 * The sending half of a datagram socket: a queue with one send in flight, because several at once are sent in an order
 * of Deno's own (2.9.6: the last one first).
 *
 * A send is a promise, so the octets are kept until it is done: by reference when nothing waits before the datagram, or
 * it is a good part of its buffer; else by copy.
 *
 * @module
 */

import type { SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES } from "../send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** Where datagrams go: the part of `Deno.DatagramConn` that sends. */
export interface DatagramSink {
  send(bytes: Uint8Array, to: Deno.Addr): Promise<number>;
}

/** So many datagrams may wait, however small they are. */
const MAX_QUEUED = 4096;

interface Datagram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly to: Deno.Addr;
  /** The buffer that `bytes` are part of; null for a copy. */
  readonly kept: SharedBuffer | null;
}

/** Sends datagrams in order; what the system refuses is counted. */
export class DenoDatagramSender {
  /** Datagrams that were refused, by errno. */
  readonly errors: Map<string, number> = new Map();
  readonly #sink: DatagramSink;
  readonly #drained: () => void;
  readonly #queue: Datagram[] = [];
  #queuedBytes = 0;
  #full = false;
  #stopped = false;
  #running: Promise<void> | null = null;

  constructor(sink: DatagramSink, drained: () => void) {
    this.#sink = sink;
    this.#drained = drained;
  }

  /** Octets that the system has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while something is to be sent. */
  get busy(): boolean {
    return this.#running !== null;
  }

  /** Takes a datagram; false when it is full now. */
  send(octets: Octets, to: Deno.Addr): void | false {
    const { buffer, offset, length } = octets;
    const kept = this.#running === null || length * 4 >= buffer.bytes.length ? buffer.retain() : null;
    const end = offset + length;
    const bytes = kept === null ? buffer.bytes.slice(offset, end) : buffer.bytes.subarray(offset, end);
    this.#queue.push({ bytes, to, kept });
    this.#queuedBytes += length;
    this.#running ??= this.#run();
    if (!this.#over) return;
    this.#full = true;
    return false;
  }

  /** Drops what waits and calls nothing more. A send in flight ends when the socket is closed. */
  stop(): void {
    this.#stopped = true;
  }

  /** Settles when nothing is in flight. */
  async idle(): Promise<void> {
    await this.#running;
  }

  get #over(): boolean {
    return this.#queuedBytes > HIGH_WATER_BYTES || this.#queue.length > MAX_QUEUED;
  }

  /** Never rejects: what the system refuses is counted. */
  async #run(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      try {
        if (!this.#stopped) await this.#sink.send(next.bytes, next.to);
      } catch (error) {
        if (!this.#stopped) this.#count(systemErrorCode(error));
      }
      this.#queue.shift();
      next.kept?.release();
      this.#queuedBytes -= next.bytes.length;
      if (this.#full && !this.#over && !this.#stopped) {
        this.#full = false;
        this.#drained();
      }
    }
    this.#running = null;
  }

  #count(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
