/**
 * Sockets that send and receive datagrams: UDP, local datagrams, raw sockets.
 *
 * Up to 64 datagrams are received by one call, and the datagrams sent in reaction are sent by one call before the
 * memory is reused. The system connects a socket; earlier datagrams of other sources are dropped here.
 *
 * UDP has a larger receive buffer than the system's default: datagrams that do not fit are lost, and on a busy machine
 * many arrive before this thread runs. setopt can change it.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { ErrorCode, NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Octets } from "../../socket/socket.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { DatagramEvents, DatagramPort, DatagramTransport } from "../core/datagram_transport.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import { PosixOptions } from "./options.ts";
import type { DeferredTask, Watcher } from "./poller.ts";
import type { ReceiveBatch } from "./receive_batch.ts";

/** The number of batches that one socket receives before other sockets. */
const READ_BUDGET = 4;

/** Errors of the socket itself; all others concern one datagram, or an earlier send. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EBADF", "ENOTCONN", "EINVAL"]);

interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress | null;
}

/** A datagram or raw socket of the system: a descriptor, which can send before it is bound. */
export class PosixDatagramTransport implements DatagramTransport, DatagramPort, Watcher, DeferredTask {
  readonly #endpoint: Endpoint;
  readonly #host: PosixHost;
  readonly #events: DatagramEvents;
  readonly #fd: number;
  readonly #sender: DatagramSender;
  /** The system has assigned an address: by bind, connect or send. */
  #named = false;
  #local: SocketAddress | null = null;
  /** The address that it was bound to. */
  #bound: SocketAddress | null = null;
  #peer: SocketAddress | null = null;
  /** Bound to the wildcard: answers are sent from the address that the client used. */
  #isWildcard = false;
  #reading = false;
  #isDeferred = false;
  #isFinishing = false;
  #isClosed = false;
  /** Received in one batch with a datagram at which the owner was full. */
  #held: Held[] = [];

  /** @throws NetgraphError the errors of opening */
  constructor(endpoint: Endpoint, host: PosixHost, events: DatagramEvents) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.#events = events;
    this.#fd = host.openDescriptor(endpoint);
    const isUdp = host.isUdp(endpoint);
    if (isUdp) host.receiveRoom.ask(this.#fd);
    this.#sender = new DatagramSender(host, { fd: this.#fd, isUdp, drained: () => events.drained() });
    const { EPOLLET, EPOLLIN, EPOLLOUT } = host.system.constants;
    host.poller.watch(this.#fd, EPOLLIN | EPOLLOUT | EPOLLET, this);
  }

  get local(): SocketAddress | null {
    if (this.#named && !this.#isClosed) this.#local ??= this.#host.localAddress(this.#fd, this.#bound);
    return this.#local;
  }

  get port(): DatagramPort {
    return this;
  }

  get isBound(): boolean {
    return this.#bound !== null;
  }

  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#sender.errors;
  }

  get lostDatagrams(): number | null {
    return this.#host.receiveRoom.drops(this.#fd);
  }

  get options(): OptionStore {
    return new PosixOptions(this.#host, { fd: this.#fd, endpoint: this.#endpoint });
  }

  bind(address: SocketAddress): DatagramPort {
    this.#host.bindDescriptor(this.#fd, address);
    this.#bound = address;
    this.#isWildcard = this.#host.isUdp(this.#endpoint) && isWildcard(address);
    if (this.#isWildcard && (address.family === "inet" || address.family === "inet6")) {
      this.#host.reportAsked(this.#fd, address.family);
    }
    this.#named = true;
    this.#local = null;
    return this;
  }

  /** Linux creates the path with the bits of the socket, minus the umask: it is never wider than requested. */
  presetMode(mode: number): void {
    this.#host.libc.changeMode(this.#fd, mode);
  }

  connect(address: SocketAddress): NetgraphError | null {
    this.#sender.flush(); // Earlier datagrams are sent to their own destinations.
    const { libc } = this.#host;
    const packed = this.#host.addresses.pack(address);
    if (libc.connect(this.#fd, packed, packed.length) < 0) {
      return errnoError(libc.errno(), `Cannot connect to ${sockaddr.format(address)}`);
    }
    this.#peer = address;
    this.#named = true;
    this.#local = null;
    return null;
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    this.#named = true;
    return this.#sender.send(octets, to);
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#defer();
  }

  finish(): boolean {
    this.#reading = false;
    this.#sender.flush();
    return this.#isFinishing = this.#sender.busy;
  }

  close(): null {
    this.#isClosed = true;
    this.#reading = false;
    this.#sender.stop();
    this.#held = [];
    this.#host.poller.closeLater(this.#fd);
    return null;
  }

  // The loop

  ready(events: number): void {
    const { EPOLLERR, EPOLLIN, EPOLLOUT } = this.#host.system.constants;
    if ((events & EPOLLOUT) !== 0 && this.#sender.busy) {
      this.#sender.ready();
      if (this.#isFinishing && !this.#sender.busy) this.#events.flushed();
    }
    if ((events & (EPOLLIN | EPOLLERR)) !== 0 && this.#reading && !this.#isDeferred) this.#read();
  }

  runDeferred(): void {
    this.#isDeferred = false;
    if (this.#isFinishing || this.#isClosed) return;
    this.#deliverHeld();
    if (this.#reading) this.#read();
  }

  /** Where it receives. A connected socket has one peer, for which the system keeps one own address. */
  get #batch(): ReceiveBatch {
    if (this.#endpoint.family === "local") return this.#host.localBatch;
    return this.#isWildcard && this.#peer === null ? this.#host.wildcardBatch : this.#host.receiveBatch;
  }

  #read(): void {
    const batch = this.#batch;
    for (let batches = 0; batches < READ_BUDGET; batches++) {
      const count = batch.receive(this.#fd);
      if (count < 0) {
        if (this.#readFailed(this.#host.libc.errno())) return;
        continue;
      }
      for (let index = 0; index < count; index++) this.#deliver(batch, index);
      batch.reset(count);
      // The datagrams to be sent refer to the memory of this batch.
      this.#host.poller.flush();
      // A batch that is not full has emptied the socket, and the next datagram causes a new event.
      if (count < batch.size || !this.#reading) return;
    }
    this.#defer();
  }

  #deliver(batch: ReceiveBatch, index: number): void {
    if (this.#isClosed || this.#isFinishing) return;
    // A datagram larger than its slot, from a local socket: it is dropped, because a part of it is useless.
    if (batch.isCut(index)) return this.#count("EMSGSIZE");
    const from = this.#peer?.family === "local" ? null : batch.source(index);
    const octets = { buffer: batch.slab, offset: batch.offset(index), length: batch.length(index) };
    if (this.#reading) {
      if (this.#events.arrived(octets, from) === false) this.#reading = false;
    } else {
      this.#held.push({ bytes: octets.buffer.bytes.slice(octets.offset, octets.offset + octets.length), from });
    }
  }

  #deliverHeld(): void {
    const held = this.#held;
    let count = 0;
    while (count < held.length && this.#reading) {
      const next = held[count++];
      if (next === undefined) break;
      const octets = { buffer: new SharedBuffer(next.bytes), offset: 0, length: next.bytes.length };
      if (this.#events.arrived(octets, next.from) === false) this.#reading = false;
    }
    this.#held.splice(0, count);
  }

  /** @returns true when there is nothing to receive for now */
  #readFailed(errno: number): boolean {
    const { EAGAIN } = this.#host.system.constants;
    if (errno === EAGAIN) return true;
    if (!FATAL.has(errnoCode(errno))) {
      this.#count(errnoCode(errno));
      return false;
    }
    this.#events.failed(errnoError(errno, "Cannot receive"));
    return true;
  }

  #count(code: ErrorCode): void {
    const { errors } = this.#sender;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#host.poller.defer(this);
  }
}
