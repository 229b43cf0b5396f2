/**
 * The sending half of a datagram socket: a queue with one send in flight, because Deno does not keep the order of
 * several (2.9.6: it sends the last one first).
 *
 * A send is a promise, so the bytes are kept until it is done: by reference while few wait, or where the datagram is a
 * good part of its buffer; otherwise by copy. Deno's sends are mostly done before the next datagram arrives, so that a
 * flow copies nothing.
 *
 * @module
 */

import type { SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** The destination: the part of `Deno.DatagramConn` that sends. */
export interface DatagramSink {
  send(bytes: Uint8Array, to: Deno.Addr): Promise<number>;
}

/** The limit of datagrams that wait, regardless of size. */
const MAX_QUEUED = 4096;

/**
 * The limit of small datagrams that keep a large buffer each: here a copy costs more than everything else for a
 * datagram.
 */
const MAX_KEPT = 8;

interface Datagram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly to: Deno.Addr;
  /** The buffer that `bytes` are part of; null for a copy. */
  readonly kept: SharedBuffer | null;
}

/**
 * Sends datagrams in order; rejected ones are counted. Two callbacks follow every send, rather than an `async`
 * function: its allocations would cost as much as the rest.
 */
export class DenoDatagramSender {
  /** Datagrams that were rejected, by errno. */
  readonly errors: Map<string, number> = new Map();
  readonly #sink: DatagramSink;
  readonly #drained: () => void;
  readonly #sent = (): void => this.#next();
  readonly #broke = (error: unknown): void => this.#refused(error);
  /** The datagram in flight; null if none waits either. */
  #flying: Datagram | null = null;
  readonly #queue: Datagram[] = [];
  #queuedBytes = 0;
  #full = false;
  #stopped = false;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(sink: DatagramSink, drained: () => void) {
    this.#sink = sink;
    this.#drained = drained;
  }

  /** Bytes that the system has not accepted. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while there is data to send. */
  get busy(): boolean {
    return this.#flying !== null;
  }

  /** Accepts a datagram; false when it is now full. */
  send(octets: Octets, to: Deno.Addr): void | false {
    const { buffer, offset, length } = octets;
    const keeps = this.#queue.length < MAX_KEPT || length * 4 >= buffer.bytes.length;
    const kept = keeps ? buffer.retain() : null;
    const end = offset + length;
    const bytes = kept === null ? buffer.bytes.slice(offset, end) : buffer.bytes.subarray(offset, end);
    this.#queuedBytes += length;
    if (this.#flying === null) this.#fly({ bytes, to, kept });
    else this.#queue.push({ bytes, to, kept });
    if (!this.#over) return;
    this.#full = true;
    return false;
  }

  /** Drops the queue and makes no more calls. A send in flight ends when the socket is closed. */
  stop(): void {
    this.#stopped = true;
    for (const { kept } of this.#queue) kept?.release();
    this.#queue.length = 0;
    this.#queuedBytes = this.#flying?.bytes.length ?? 0;
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    if (this.#flying === null) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  get #over(): boolean {
    return this.#queuedBytes > HIGH_WATER_BYTES || this.#queue.length > MAX_QUEUED;
  }

  #fly(datagram: Datagram): void {
    this.#flying = datagram;
    this.#sink.send(datagram.bytes, datagram.to).then(this.#sent, this.#broke);
  }

  #refused(error: unknown): void {
    if (!this.#stopped) this.count(systemErrorCode(error));
    this.#next();
  }

  /** The send in flight has ended. */
  #next(): void {
    const done = this.#flying;
    if (done === null) return;
    done.kept?.release();
    this.#queuedBytes -= done.bytes.length;
    const next = this.#queue.shift();
    if (next === undefined) this.#flying = null;
    else this.#fly(next);
    if (this.#full && !this.#over && !this.#stopped) {
      this.#full = false;
      this.#drained();
    }
    if (this.#flying !== null) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  /** Counts a datagram that was lost. */
  count(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
