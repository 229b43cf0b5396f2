/**
 * Reads a pipe: edge-triggered, until the system has no more, within a budget.
 *
 * @module
 */

import type { Octets } from "../../socket/socket.ts";
import type { PosixHost } from "./host.ts";
import type { DeferredTask, Watcher } from "./poller.ts";
import { TURN_BYTES } from "./read_buffers.ts";

/** Receives what is read. */
export interface PipeReaderEvents {
  /** Bytes, lent until the call returns; false when nothing more may arrive until `resume`. */
  arrived(octets: Octets): void | false;
  /** The other end was closed. */
  ended(): void;
}

/** Our end of a pipe that another process writes to. */
export class PipeReader implements Watcher, DeferredTask {
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #events: PipeReaderEvents;
  #isReading = false;
  #isReadable = false;
  #isGoing = false;
  #isClosed = false;

  /** Takes over the descriptor. */
  constructor(host: PosixHost, fd: number, events: PipeReaderEvents) {
    const { EPOLLET, EPOLLIN } = host.system.constants;
    this.#host = host;
    this.#fd = fd;
    this.#events = events;
    host.poller.watch(fd, EPOLLIN | EPOLLET, this);
  }

  /** Reads: at first, and after `arrived` returned false. */
  resume(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    if (this.#isReadable) this.#defer();
  }

  /** Reads what is there now, within a budget: its writer has ended. */
  drain(): void {
    if (this.#isClosed) return;
    this.#isReading = true;
    this.#read();
  }

  /** Closes it. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.poller.closeLater(this.#fd);
  }

  ready(): void {
    this.#isReadable = true;
    if (this.#isReading && !this.#isGoing) this.#read();
  }

  runDeferred(): void {
    this.#isGoing = false;
    if (this.#isReading && this.#isReadable) this.#read();
  }

  #read(): void {
    const { libc, readBuffers, system } = this.#host;
    for (let turn = 0; turn < TURN_BYTES && !this.#isClosed;) {
      const buffer = readBuffers.take(false);
      const length = libc.read(this.#fd, buffer.bytes, buffer.bytes.length);
      if (length < 0) {
        const errno = libc.errno();
        if (errno === system.constants.EINTR) continue;
        if (errno === system.constants.EAGAIN) return void (this.#isReadable = false);
      }
      if (length <= 0) {
        this.close();
        return this.#events.ended();
      }
      turn += length;
      if (this.#events.arrived({ buffer, offset: 0, length }) === false) {
        this.#isReading = false;
        return;
      }
    }
    if (!this.#isClosed) this.#defer();
  }

  #defer(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    this.#host.poller.defer(this);
  }
}
