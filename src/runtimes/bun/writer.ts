/**
 * The writing half of a connection: directly to the system, and through a queue when the system accepts no more.
 *
 * Bytes may be queued before there is a connection; `start` starts writing them.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import type { Wire } from "./types.ts";
import { HIGH_WATER_BYTES, SendQueue } from "../core/send_queue.ts";

/** Writes the bytes that it receives to a connection, in order. */
export class BunWriter {
  readonly #pool: BufferPool;
  readonly #drained: () => void;
  /** Most connections never need a queue. */
  #queue: SendQueue | null = null;
  #wire: Wire | null = null;
  #full = false;
  #ending = false;
  #ended = false;
  #stopped = false;
  /** True once a write has met a reset, which Bun then reports as an end of file, or as a close without an error. */
  broken = false;

  /** @param drained is called after a `send` that returned false, when the next one can follow */
  constructor(pool: BufferPool, drained: () => void) {
    this.#pool = pool;
    this.#drained = drained;
  }

  /** Bytes that the system has not accepted. */
  get queuedBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** True once the end was requested: nothing more may be sent. */
  get ending(): boolean {
    return this.#ending;
  }

  /** True once the end has been passed to the system. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True while work is left: bytes, or the requested end. */
  get busy(): boolean {
    return !this.#stopped && (this.queuedBytes > 0 || (this.#ending && !this.#ended));
  }

  /** Starts writing. */
  start(wire: Wire): void {
    this.#wire = wire;
    this.write();
  }

  /** Accepts bytes; false when it is now full. */
  send(octets: Octets): void | false {
    if (this.#stopped) return;
    const { buffer, offset, length } = octets;
    const taken = this.#wire === null || this.queuedBytes > 0
      ? 0
      : this.#write(this.#wire, { bytes: buffer.bytes, offset, length });
    if (taken === length) return;
    this.#queue ??= new SendQueue(this.#pool);
    this.#queue.push({ buffer, offset: offset + taken, length: length - taken });
    if (this.#queue.bytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  /** Ends the direction after the queue. */
  end(): void {
    this.#ending = true;
    this.#finish();
  }

  /** Writes what the system accepts now. */
  write(): void {
    if (this.#wire === null || this.#stopped) return;
    for (let bytes = this.#queue?.peek() ?? null; bytes !== null; bytes = this.#queue?.peek() ?? null) {
      const written = this.#write(this.#wire, { bytes, offset: 0, length: bytes.length });
      this.#queue?.take(written);
      if (written < bytes.length) break;
    }
    this.#finish();
    if (!this.#full || this.queuedBytes > HIGH_WATER_BYTES) return;
    this.#full = false;
    this.#drained();
  }

  /** Drops the queue and makes no more calls. */
  stop(): void {
    this.#stopped = true;
    this.#queue?.clear();
  }

  /**
   * The number of accepted bytes. A closed connection returns -1: its end is reported separately, and drops the queue.
   */
  #write(wire: Wire, part: { bytes: Uint8Array<ArrayBuffer>; offset: number; length: number }): number {
    const written = wire.write(part.bytes, part.offset, part.length);
    if (written >= 0) return written;
    this.broken = true;
    return 0;
  }

  #finish(): void {
    if (!this.#ending || this.#ended || this.#stopped || this.#wire === null || this.queuedBytes > 0) return;
    this.#ended = true;
    this.#wire.shutdown();
  }
}
