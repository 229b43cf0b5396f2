/**
 * A connection of the system, of a stream or of packets in order.
 *
 * It is watched once, edge-triggered: reading goes on until the system has no more, within a budget. Data is written to
 * the system immediately, and the part that it does not accept waits until the descriptor is writable. After a write
 * that fails because of a reset, earlier data is read first.
 *
 * A bulk stream whose bytes go to another connection as they are is not read: the system moves them there through a
 * pipe. What the receiver does not accept stays in the pipe, which is the first part of the receiver's queue. Therefore
 * a stream can be read again at any time, and its bytes wait behind those in the pipe.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Octets } from "../../socket/socket.ts";
import { UNSET_UPPER } from "../core/unset_owner.ts";
import { newOutQueue, type OutQueue } from "../core/out_queue.ts";
import { resetError } from "../core/stream_rules.ts";
import type { Ending, OptionStore, StreamConnection, StreamUpper } from "../core/stream_transport.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import { PosixOptions } from "./options.ts";
import type { Pipe } from "./pipes.ts";
import type { DeferredTask, Watcher } from "./poller.ts";
import { TURN_BYTES } from "./read_buffers.ts";
import { PackedInet } from "./sockaddr.ts";

/** The delay before a retry of a send for which the system had no memory, in milliseconds. */
const RETRY_MS = 10;

/**
 * Errors that mean the end of the connection. Any other errno means to wait for the next event: it may belong to
 * another call.
 */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "EPIPE",
  "ECONNRESET",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ENOTCONN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EBADF",
  "EPERM",
  "EMSGSIZE",
]);

/** A stream of which one read returns this much is a bulk stream, in bytes. */
const BULK_BYTES = 128 * 1024;

/** A bulk stream of which less than this has come since the last turn is none any more, in bytes. */
const TRICKLE_BYTES = 16 * 1024;

/** The parts of a connection. */
export interface ConnectionParts {
  readonly endpoint: Endpoint;
  readonly fd: number;
  /** What it was bound to; null if there was no bind. */
  readonly bound: SocketAddress | null;
  readonly peer: SocketAddress | PackedInet;
}

/** A connected descriptor. Its creator starts watching it. */
export class PosixConnection implements StreamConnection, Watcher, DeferredTask {
  upper: StreamUpper = UNSET_UPPER;
  readonly #host: PosixHost;
  readonly #endpoint: Endpoint;
  readonly #fd: number;
  readonly #bound: SocketAddress | null;
  #local: SocketAddress | null = null;
  #peer: SocketAddress | PackedInet;
  /** The bytes that the system has not accepted. */
  #queue: OutQueue | null = null;
  /** Bytes before the queue, which were never read; null if there are none. */
  #pipe: Pipe | null = null;
  #retry: Timer | null = null;
  /** The errno of a write that found that the connection has ended. */
  #broken: number | null = null;
  #isReading = false;
  /** There may be data to read: an event reported it, and no read has come up empty since. */
  #isReadable = false;
  /** After an incomplete read there may be more: the end, an error, data after urgent data; or packets. */
  #mayHoldMore: boolean;
  /** Reads return much: the system moves the bytes if they go on as they are, and larger buffers are used if not. */
  #isInBulk = false;
  #readEnded = false;
  #isGoing = false;
  #isEnding = false;
  #endSent = false;
  /** Nothing is read any more, and data is still to be sent. */
  #isFinishing = false;
  #isClosed = false;

  constructor(host: PosixHost, { endpoint, fd, bound, peer }: ConnectionParts) {
    this.#host = host;
    this.#endpoint = endpoint;
    this.#fd = fd;
    this.#bound = bound;
    this.#peer = peer;
    this.#mayHoldMore = !host.isTcp(endpoint);
  }

  get kind(): "connected" {
    return "connected";
  }

  get local(): SocketAddress | null {
    if (!this.#isClosed) this.#local ??= this.#host.localAddress(this.#fd, this.#bound);
    return this.#local;
  }

  get peer(): SocketAddress {
    return this.#peer instanceof PackedInet ? this.#peer = this.#peer.unpack() : this.#peer;
  }

  get options(): OptionStore {
    return new PosixOptions(this.#host, { fd: this.#fd, endpoint: this.#endpoint });
  }

  get queuedBytes(): number {
    const queued = this.#queue === null ? 0 : this.#queue.bytes;
    return this.#pipe === null ? queued : queued + this.#pipe.bytes;
  }

  get ackedBytes(): number | null {
    return this.#host.isTcp(this.#endpoint) ? this.#host.ackedBytes(this.#fd) : null;
  }

  send(octets: Octets): void | false {
    const { buffer, offset, length } = octets;
    if (this.#broken !== null || length === 0) return;
    let sent = 0;
    if (this.queuedBytes === 0) {
      sent = this.#write(offset === 0 ? buffer.bytes : buffer.bytes.subarray(offset), length);
      if (sent === length || this.#broken !== null) return;
    }
    this.#queue ??= newOutQueue(this.#endpoint, this.#host.pool);
    this.#queue.push(sent === 0 ? octets : { buffer, offset: offset + sent, length: length - sent });
    return false;
  }

  /** On a later turn: a close that follows reports the same. */
  end(): void {
    this.#isEnding = true;
    this.#defer();
  }

  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    if (this.#isReadable) this.#defer();
  }

  finish(): boolean {
    return this.#isFinishing = this.queuedBytes > 0;
  }

  close(how: Ending): null {
    this.#isClosed = true;
    this.#dropQueue();
    if (how === "aborted") this.#host.resetOnClose(this.#fd);
    this.#host.poller.closeLater(this.#fd);
    return null;
  }

  // The loop

  /** Records events that the poller has already reported. */
  note(events: number): void {
    const { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLPRI, EPOLLRDHUP } = this.#host.system.constants;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) !== 0) this.#mayHoldMore = this.#isReadable = true;
    else if ((events & EPOLLIN) !== 0) this.#isReadable = true;
  }

  ready(events: number): void {
    const { EPOLLERR, EPOLLHUP, EPOLLOUT } = this.#host.system.constants;
    this.note(events);
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0) this.#flush();
    if (this.#isFinishing || this.#isClosed) return;
    if (this.#isReading && !this.#readEnded) {
      if (this.#isReadable && !this.#isGoing) this.#read();
      return;
    }
    // The error is requested here, because it would be noticed only by a read.
    if ((events & EPOLLERR) !== 0) this.upper.failed(this.#lastError());
  }

  runDeferred(): void {
    this.#isGoing = false;
    if (this.#isFinishing || this.#isClosed) return;
    this.#sendEnd();
    if (this.#isReading && !this.#readEnded && (this.#isReadable || this.#broken !== null)) this.#read();
    else if (this.#broken !== null) this.upper.failed(brokenError(this.#broken));
  }

  #read(): void {
    if (this.#isInBulk && this.#move()) return;
    const { libc, readBuffers } = this.#host;
    for (let turn = 0; turn < TURN_BYTES;) {
      const buffer = readBuffers.take(this.#isInBulk);
      const asked = buffer.bytes.length;
      const length = libc.receive(this.#fd, buffer.bytes, asked, 0);
      if (length < 0) return this.#readFailed(libc.errno());
      if (length === 0) return this.#endRead();
      if (this.upper.arrived({ buffer, offset: 0, length }) === false) this.#isReading = false;
      if (this.#isFinishing || this.#isClosed) return;
      turn += Math.max(length, TURN_BYTES / 4);
      if (length >= BULK_BYTES) this.#isInBulk = true;
      // TCP returns all of its data: later data causes a new event.
      if (length < asked && !this.#mayHoldMore) {
        this.#isReadable = false;
        return;
      }
      if (!this.#isReading) return this.#broken === null ? undefined : this.#defer();
    }
    this.#defer();
  }

  /**
   * Passes what has arrived to another connection without reading it.
   *
   * @returns false if it has to be read
   */
  #move(): boolean {
    let turn = 0;
    for (let target = this.#moveTarget(); target !== null; target = this.#moveTarget()) {
      const { libc, pipes, system } = this.#host;
      const pipe = pipes.take();
      if (pipe === null) return false;
      const length = pipe.fillFrom(this.#fd);
      if (length <= 0) {
        const errno = length < 0 ? libc.errno() : 0;
        pipes.give(pipe);
        if (turn > 0 && turn < TRICKLE_BYTES) this.#isInBulk = false;
        // The system stops at urgent data, which only a read skips.
        if (length === 0 || errno === system.constants.EAGAIN && this.#mayHoldMore) return false;
        return this.#moveFailed(errno);
      }
      if (this.upper.passed?.(length, !target.#takeOver(pipe)) === false) this.#isReading = false;
      if (this.#isFinishing || this.#isClosed || !this.#isReading) return true;
      turn += length;
      if (turn < TURN_BYTES) continue;
      this.#defer();
      return true;
    }
    return false;
  }

  /** The connection to which bytes can be passed without reading them; null if there is none. */
  #moveTarget(): PosixConnection | null {
    const target = this.#broken === null ? this.upper.directTarget?.() : null;
    return target instanceof PosixConnection && target.#isIdleStream && this.#endpoint.type === "stream"
      ? target
      : null;
  }

  /** True if bytes that are moved to it now follow all others. */
  get #isIdleStream(): boolean {
    return this.#endpoint.type === "stream" && this.#broken === null && !this.#isEnding && this.queuedBytes === 0;
  }

  /** Sends what is in a pipe, or keeps it; false if it keeps some: it is full. */
  #takeOver(pipe: Pipe): boolean {
    this.#pipe = pipe;
    return this.#emptyPipe() || this.#broken !== null;
  }

  /** @returns false if a read has to find the reason */
  #moveFailed(errno: number): boolean {
    const code = errnoCode(errno);
    const isOfSocket = errno === this.#host.system.constants.EAGAIN || FATAL.has(code) && code !== "EPERM";
    if (isOfSocket) this.#readFailed(errno);
    else this.#host.pipes.pause();
    return isOfSocket;
  }

  #readFailed(errno: number): void {
    if (errno === this.#host.system.constants.EAGAIN) {
      this.#isReadable = false;
      if (this.#broken !== null) this.upper.failed(brokenError(this.#broken));
      return;
    }
    if (FATAL.has(errnoCode(errno))) {
      this.upper.failed(this.#broken === null ? errnoError(errno, "Cannot read") : brokenError(this.#broken));
    }
  }

  #endRead(): void {
    this.#readEnded = true;
    if (this.#broken === null) this.upper.ended();
    else this.upper.failed(brokenError(this.#broken));
  }

  /** Sends the queue, as far as the system accepts it. */
  #flush(): void {
    if (this.queuedBytes === 0 || !this.#emptyPipe()) return;
    const queue = this.#queue;
    for (let bytes = queue?.peek() ?? null; bytes !== null; bytes = queue?.peek() ?? null) {
      const sent = this.#write(bytes, bytes.length);
      if (this.#broken !== null) return;
      if (sent > 0) queue?.take(sent);
      if (sent < bytes.length) return;
    }
    this.#sendEnd();
    if (this.#isFinishing) this.upper.flushed();
    else this.upper.drained();
  }

  /** Sends what is in the pipe; false while some of it is left, or if it cannot be sent. */
  #emptyPipe(): boolean {
    const pipe = this.#pipe;
    if (pipe === null) return true;
    const { libc, pipes, system } = this.#host;
    if (!pipe.emptyInto(this.#fd)) {
      const errno = libc.errno();
      if (errno !== system.constants.EAGAIN) this.#writeFailed(errno);
      return false;
    }
    this.#pipe = null;
    pipes.give(pipe);
    return true;
  }

  /** Drops everything that is to be sent. */
  #dropQueue(): void {
    this.#retry?.cancel();
    this.#queue?.clear();
    if (this.#pipe !== null) this.#host.pipes.give(this.#pipe);
    this.#pipe = null;
  }

  #sendEnd(): void {
    if (!this.#isEnding || this.#endSent || this.queuedBytes > 0) return;
    this.#endSent = true;
    this.#host.libc.shutdown(this.#fd, this.#host.system.constants.SHUT_WR);
  }

  /** Sends as much as the system accepts; returns the length. */
  #write(bytes: Uint8Array, length: number): number {
    const { libc, system } = this.#host;
    const sent = libc.send(this.#fd, bytes, length, system.constants.MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    const errno = libc.errno();
    if (errno !== system.constants.EAGAIN) this.#writeFailed(errno);
    return 0;
  }

  #writeFailed(errno: number): void {
    const code = errnoCode(errno);
    if (!FATAL.has(code)) {
      this.#retry ??= this.#host.poller.after(RETRY_MS, () => {
        this.#retry = null;
        this.#flush();
      });
      return;
    }
    this.#broken = errno;
    this.#dropQueue();
    if (this.#isFinishing) this.upper.flushed();
    else this.#defer();
  }

  #defer(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    this.#host.poller.defer(this);
  }

  #lastError(): NetgraphError {
    const errno = this.#host.takeError(this.#fd);
    return errno === 0 ? resetError("Connection has failed") : errnoError(errno, "Connection has failed");
  }
}

/** The error of a write: made when it is reported, because many connections are closed before that. */
function brokenError(errno: number): NetgraphError {
  return errnoCode(errno) === "EPIPE" ? resetError("Cannot write") : errnoError(errno, "Cannot write");
}
