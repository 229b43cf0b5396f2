/**
 * The sending half of a datagram socket: a queue with one send in flight, because several at once are sent in an order
 * of Deno's own (2.9.6: the last one first).
 *
 * A send is a promise, so the octets are kept until it is done: by reference while few wait, or where the datagram is a
 * good part of its buffer; else by copy. Deno's sends are mostly done before the next datagram has come, so that a flow
 * copies nothing.
 *
 * @module
 */

import type { SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** Where datagrams go: the part of `Deno.DatagramConn` that sends. */
export interface DatagramSink {
  send(bytes: Uint8Array, to: Deno.Addr): Promise<number>;
}

/** So many datagrams may wait, however small they are. */
const MAX_QUEUED = 4096;

/** So many small datagrams may hold a large buffer each: a copy costs more than all else that is done for one here. */
const MAX_KEPT = 8;

interface Datagram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly to: Deno.Addr;
  /** The buffer that `bytes` are part of; null for a copy. */
  readonly kept: SharedBuffer | null;
}

/**
 * Sends datagrams in order; what the system refuses is counted. Two functions follow every send, and no `async` one: what
 * that makes for itself would cost as much as the rest.
 */
export class DenoDatagramSender {
  /** Datagrams that were refused, by errno. */
  readonly errors: Map<string, number> = new Map();
  readonly #sink: DatagramSink;
  readonly #drained: () => void;
  readonly #sent = (): void => this.#next();
  readonly #broke = (error: unknown): void => this.#refused(error);
  /** What is in flight; null where nothing waits either. */
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

  /** Octets that the system has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while something is to be sent. */
  get busy(): boolean {
    return this.#flying !== null;
  }

  /** Takes a datagram; false when it is full now. */
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

  /** Drops what waits and calls nothing more. A send in flight ends when the socket is closed. */
  stop(): void {
    this.#stopped = true;
    for (const { kept } of this.#queue) kept?.release();
    this.#queue.length = 0;
    this.#queuedBytes = this.#flying?.bytes.length ?? 0;
  }

  /** Settles when nothing is in flight. */
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

  /** The one in flight is done with. */
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
