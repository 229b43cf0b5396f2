/**
 * The sending half of a datagram socket: datagrams of a batch are collected, by reference, and sent with one call at
 * its end; those that the system does not accept are copied and wait.
 *
 * Over UDP, consecutive datagrams of equal length to one address are combined, if the system can split them again. If
 * it rejects combined ones (because of the interface, or because datagrams must be fragmented), each is sent separately
 * from then on.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { Timer } from "../../clock.ts";
import type { ErrorCode } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { errnoCode } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import type { Collector } from "./poller.ts";
import type { Outgoing } from "./send_batch.ts";

/** The delay before a retry if epoll may not report that the system can send again, in milliseconds. */
const RETRY_MS = 10;

/** Errors of an earlier datagram, which the network returned: the current one has not been tried. */
const EARLIER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EPROTO"]);

/** Errors of combined datagrams of this length on this route; separately they may be sent. */
const NOT_JOINED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EINVAL", "EMSGSIZE", "EIO", "EOPNOTSUPP"]);

/** The own address for the answer has been removed, or cannot be a source: the system chooses another one. */
const NOT_FROM_THERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EINVAL", "EADDRNOTAVAIL", "ENODEV"]);

interface Datagram extends Outgoing {
  buffer: SharedBuffer;
  offset: number;
  source: Uint8Array | null;
  /** True for a copy; otherwise the buffer is lent, and reused after this batch. */
  isCopy: boolean;
}

/** Sends datagrams on one descriptor. */
export class DatagramSender implements Collector {
  /** Datagrams that the system rejected, by errno. */
  readonly errors: Map<string, number> = new Map();
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #drained: () => void;
  #queue: Datagram[] = [];
  #bytes = 0;
  #collected = false;
  /** The system accepts no more for now; queued datagrams are copies. */
  #blocked = false;
  #full = false;
  /** The first datagram in the queue was tried before. */
  #retried = false;
  #stopped = false;
  /**
   * Whether consecutive datagrams of equal length are combined; null until there are some, and the system is queried.
   */
  #joins: boolean | null;
  #retry: Timer | null = null;

  /**
   * @param options.isUdp true if the system can split datagrams
   * @param options.drained is called when the queue is sent
   */
  constructor(host: PosixHost, { fd, isUdp, drained }: { fd: number; isUdp: boolean; drained: () => void }) {
    this.#host = host;
    this.#fd = fd;
    this.#joins = isUdp ? null : false;
    this.#drained = drained;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  /** True while there is data to send. */
  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** Accepts a datagram; false when it is now full. */
  send({ buffer, offset, length }: Octets, to: SocketAddress | null): void | false {
    const packed = to === null ? null : this.#host.packedAddress(to);
    const source = to === null ? null : this.#host.packedSource(to);
    const datagram: Datagram = { buffer: buffer.retain(), offset, length, to: packed, source, isCopy: false };
    if (this.#blocked) keep(datagram);
    this.#queue.push(datagram);
    this.#bytes += length;
    if (!this.#blocked && !this.#collected) {
      this.#collected = true;
      this.#host.poller.collect(this);
    }
    if (this.#bytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  flush(): void {
    this.#collected = false;
    if (!this.#stopped && !this.#blocked) this.#sendQueue();
  }

  /** The system accepts datagrams again. */
  ready(): void {
    if (!this.#blocked || this.#stopped) return;
    this.#blocked = false;
    this.#retry?.cancel();
    this.#retry = null;
    this.#sendQueue();
  }

  /** Drops the queue. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    for (const { buffer } of this.#queue) buffer.release();
    this.#queue = [];
    this.#bytes = 0;
  }

  #sendQueue(): void {
    let sent = 0;
    while (sent < this.#queue.length && !this.#blocked) sent += this.#sendSome(sent);
    for (const datagram of this.#queue.splice(0, sent)) {
      this.#bytes -= datagram.length;
      datagram.buffer.release();
    }
    if (this.#blocked) this.#wait();
    if (!this.#full || this.#bytes > 0) return;
    this.#full = false;
    this.#host.poller.later(() => this.#stopped || this.#drained());
  }

  /** Sends a batch from `first` on; returns the number that was handled. */
  #sendSome(first: number): number {
    const { libc, sendBatch } = this.#host;
    const joined = this.#queue.length - first > 1 && (this.#joins ??= this.#host.canSegment(this.#fd));
    sendBatch.fill(this.#queue, { first, joined });
    const sent = sendBatch.send(this.#fd);
    if (sent <= 0) return this.#refused(libc.errno(), this.#queue[first]);
    this.#retried = false;
    return sent;
  }

  /** @returns the number of datagrams that this concerned: 1 for one that cannot be sent, 0 for one to retry */
  #refused(errno: number, datagram: Datagram | undefined): number {
    const code = errnoCode(errno);
    if (code === "EAGAIN" || code === "ENOBUFS" || code === "ENOMEM") {
      this.#blocked = true;
      return 0;
    }
    if (code === "EINTR") return 0;
    if (this.#host.sendBatch.beginsWithRun && NOT_JOINED.has(code)) {
      this.#joins = false;
      return 0;
    }
    if (datagram !== undefined && datagram.source !== null && NOT_FROM_THERE.has(code)) {
      datagram.source = null;
      return 0;
    }
    const again = this.#retried;
    if (!again) this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    // This call has consumed the socket's pending error, so a second error concerns this datagram.
    this.#retried = !again && EARLIER.has(code);
    return this.#retried ? 0 : 1;
  }

  /** Waiting datagrams are copied: they were only lent. */
  #wait(): void {
    for (const datagram of this.#queue) keep(datagram);
    this.#retry ??= this.#host.poller.after(RETRY_MS, () => {
      this.#retry = null;
      this.ready();
    });
  }
}

function keep(datagram: Datagram): void {
  if (datagram.isCopy) return;
  const { buffer, offset, length } = datagram;
  datagram.buffer = new SharedBuffer(buffer.bytes.slice(offset, offset + length));
  datagram.offset = 0;
  datagram.isCopy = true;
  buffer.release();
}
