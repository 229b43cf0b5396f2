/**
 * Writes to a pipe: immediately, and what the system does not accept when it is writable.
 *
 * @module
 */

import type { Octets } from "../../socket/socket.ts";
import { SendQueue } from "../core/send_queue.ts";
import type { PosixHost } from "./host.ts";
import type { Watcher } from "./poller.ts";

/** Receives what happens to a pipe that is written to. */
export interface PipeWriterEvents {
  /** After a `send` that returned false, the next one can follow. */
  drained(): void;
  /** The other end was closed: this many queued bytes are lost. Called on a later turn. */
  inputClosed(lostBytes: number): void;
}

/** Our end of a pipe from which another process reads. */
export class PipeWriter implements Watcher {
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #events: PipeWriterEvents;
  readonly #queue: SendQueue;
  #isEnding = false;
  #isClosed = false;

  /** Takes over the descriptor. */
  constructor(host: PosixHost, fd: number, events: PipeWriterEvents) {
    const { EPOLLET, EPOLLOUT } = host.system.constants;
    this.#host = host;
    this.#fd = fd;
    this.#events = events;
    this.#queue = new SendQueue(host.pool);
    host.poller.watch(fd, EPOLLOUT | EPOLLET, this);
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  send({ buffer, offset, length }: Octets): void | false {
    if (this.#isClosed || this.#isEnding || length === 0) return;
    let sent = 0;
    if (this.#queue.bytes === 0) {
      sent = this.#write(offset === 0 ? buffer.bytes : buffer.bytes.subarray(offset), length);
      if (sent === length || this.#isClosed) return;
    }
    this.#queue.push({ buffer, offset: offset + sent, length: length - sent });
    return false;
  }

  /** Closes it after the queue. */
  end(): void {
    this.#isEnding = true;
    if (this.#queue.bytes === 0) this.close();
  }

  /** Closes it, and drops the queue. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.clear();
    this.#host.poller.closeLater(this.#fd);
  }

  ready(events: number): void {
    if (this.#isClosed) return;
    if ((events & this.#host.system.constants.EPOLLERR) !== 0) return this.#broken();
    const had = this.#queue.bytes > 0;
    for (let bytes = this.#queue.peek(); bytes !== null; bytes = this.#queue.peek()) {
      const sent = this.#write(bytes, bytes.length);
      if (this.#isClosed) return;
      if (sent > 0) this.#queue.take(sent);
      if (sent < bytes.length) return;
    }
    if (this.#isEnding) this.close();
    else if (had) this.#events.drained();
  }

  #write(bytes: Uint8Array, length: number): number {
    const { libc, system } = this.#host;
    const sent = libc.write(this.#fd, bytes, length);
    if (sent >= 0) return sent;
    const errno = libc.errno();
    if (errno !== system.constants.EAGAIN && errno !== system.constants.EINTR) this.#broken();
    return 0;
  }

  #broken(): void {
    const lost = this.#queue.bytes;
    const isEnding = this.#isEnding;
    this.close();
    if (!isEnding || lost > 0) this.#host.later(() => this.#events.inputClosed(lost));
  }
}
