/**
 * Sockets that send and receive datagrams: UDP, local datagrams, raw sockets.
 *
 * Up to 64 datagrams are received by one call, and what they cause to be sent goes out by one call before the memory
 * they are in is used again. A socket is connected by the system; what had come from others before is dropped here.
 *
 * UDP gets more room than the system's default for datagrams that have come: nobody waits for those that do not fit, and
 * on a busy machine many come before this thread has its turn. setopt can take it back.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { Timer } from "../../clock.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import { type Bound, LINGER_MS, type Octets, type Socket, type SocketOwner } from "../../socket/socket.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { Connectionless } from "../core/connectionless.ts";
import { checkFamily, sameEnd, withZoneOf } from "../core/endpoint_address.ts";
import { BoundPath } from "../host/bound_path.ts";
import { NO_OWNER } from "../core/no_owner.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { errnoCode, errnoError } from "./errno.ts";
import { closedError, type PosixHost } from "./host.ts";
import type { Goer, Watcher } from "./poller.ts";
import type { ReceiveBatch } from "./receive_batch.ts";

/** How many batches one socket receives before others have their turn. */
const READ_BUDGET = 4;

/** The socket itself is broken; all else is about one datagram, or about an earlier send. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EBADF", "ENOTCONN", "EINVAL"]);

interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress | null;
}

/** A datagram or raw socket of the system. */
export class PosixDatagramSocket extends Connectionless implements Socket, Watcher, Goer {
  readonly endpoint: Endpoint;
  owner: SocketOwner = NO_OWNER;
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #sender: DatagramSender;
  #phase: "open" | "lingering" | "dead" = "open";
  /** The system has given it an address: by bind, connect or send. */
  #named = false;
  #local: SocketAddress | null = null;
  /** What it was bound to. */
  #bound: SocketAddress | null = null;
  #peer: SocketAddress | null = null;
  #path: BoundPath | null = null;
  #pathMode: number | null = null;
  /** Bound to the wildcard: answers leave from the address that was asked. */
  #isWildcard = false;
  #reading = false;
  #going = false;
  /** Received together with one at which the owner was full. */
  #held: Held[] = [];
  #linger: Timer | null = null;
  #whenReleased: (() => void)[] = [];

  /** @throws NetgraphError what opening throws */
  constructor(endpoint: Endpoint, host: PosixHost) {
    super();
    this.endpoint = endpoint;
    this.#host = host;
    this.#fd = host.openDescriptor(endpoint);
    const isUdp = host.isUdp(endpoint);
    if (isUdp) host.receiveRoom.ask(this.#fd);
    const drained = () => this.#phase === "open" && this.owner.drained();
    this.#sender = new DatagramSender(host, { fd: this.#fd, isUdp, drained });
    host.sockets.add(this.#fd, this);
    const { EPOLLET, EPOLLIN, EPOLLOUT } = host.system.constants;
    host.poller.watch(this.#fd, EPOLLIN | EPOLLOUT | EPOLLET, this);
  }

  get local(): SocketAddress | null {
    if (this.#named && this.#local === null && this.#phase !== "dead") {
      const told = this.#host.localAddress(this.#fd);
      this.#local = told === null ? null : withZoneOf(this.#bound, told);
    }
    return this.#local;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#sender.errors;
  }

  get lostDatagrams(): number | null {
    return this.#phase === "dead" ? null : this.#host.receiveRoom.drops(this.#fd);
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${sockaddr.format(address)}`;
    this.#requireOpen(action);
    if (this.#bound !== null) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    this.#host.bindDescriptor(this.#fd, address);
    this.#bound = address;
    this.#isWildcard = this.#host.isUdp(this.endpoint) && isWildcard(address);
    if (this.#isWildcard && (address.family === "inet" || address.family === "inet6")) {
      this.#host.tellAsked(this.#fd, address.family);
    }
    this.#named = true;
    this.#local = null;
    this.#path = BoundPath.of(address, this.#host.paths);
    if (this.#pathMode !== null) this.#path?.setMode(this.#pathMode);
    this.#path?.watch((error) => this.#fail(error));
    return "done";
  }

  setPathMode(mode: number): void {
    this.#requireOpen("Cannot set a path's mode");
    this.#pathMode = mode;
    if (this.#bound !== null) return this.#path?.setMode(mode);
    // Linux makes the path with the bits of the socket, less the umask: it is never wider than asked for.
    this.#host.libc.changeMode(this.#fd, mode);
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    const action = `Cannot connect to ${sockaddr.format(address)}`;
    this.#requireOpen(action);
    checkFamily(this.endpoint, address);
    this.#sender.flush(); // What was sent before goes where it was to go.
    const { libc } = this.#host;
    const packed = this.#host.addresses.pack(address);
    if (libc.connect(this.#fd, packed, packed.length) < 0) return done(errnoError(libc.errno(), action));
    this.#peer = address;
    this.#named = true;
    this.#local = null;
    done(null);
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    this.#requireOpen("Cannot send");
    if (to === null && this.#peer === null) {
      throw new NetgraphError("ENOTCONN", "Cannot send: not connected, and no address is given");
    }
    if (to !== null) checkFamily(this.endpoint, to);
    this.#named = true;
    return this.#sender.send(octets, to);
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#goLater();
  }

  setOption(option: SocketOption): void {
    this.#requireOpen("Cannot set an option");
    this.#host.setOption(this.#fd, this.endpoint, option);
  }

  getOption(asked: SocketOption): SocketOption {
    this.#requireOpen("Cannot read an option");
    return this.#host.getOption(this.#fd, this.endpoint, asked);
  }

  close(released?: () => void): void {
    if (this.#phase !== "open") return this.#release(released);
    this.#sender.flush();
    if (!this.#sender.busy) return this.abort(released);
    this.#phase = "lingering";
    this.#linger = this.#host.poller.after(LINGER_MS, () => this.abort());
    this.#release(released);
  }

  abort(released?: () => void): void {
    this.#release(released);
    if (this.#phase === "dead") return;
    this.#phase = "dead";
    this.#linger?.cancel();
    this.#sender.stop();
    this.#held = [];
    this.#path?.remove();
    this.#host.sockets.remove(this.#fd);
    this.#host.poller.doom(this.#fd, () => this.#tellReleased());
  }

  // The loop

  ready(events: number): void {
    const { EPOLLERR, EPOLLIN, EPOLLOUT } = this.#host.system.constants;
    if ((events & EPOLLOUT) !== 0 && this.#sender.busy) {
      this.#sender.ready();
      if (this.#phase === "lingering" && !this.#sender.busy) this.abort();
    }
    if ((events & (EPOLLIN | EPOLLERR)) !== 0 && this.#reading && !this.#going && this.#phase === "open") this.#read();
  }

  goOn(): void {
    this.#going = false;
    if (this.#phase !== "open") return;
    this.#deliverHeld();
    if (this.#reading) this.#read();
  }

  /** Where it receives. A connected socket has one peer, and the system keeps to one own address for it. */
  get #batch(): ReceiveBatch {
    if (this.endpoint.family === "local") return this.#host.localBatch;
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
      // What the datagrams caused to be sent refers to the memory of this batch.
      this.#host.poller.flush();
      // A batch that is not full has emptied the socket, and the next datagram is a new event.
      if (count < batch.size || !this.#reading) return;
    }
    this.#goLater();
  }

  #deliver(batch: ReceiveBatch, index: number): void {
    if (this.#phase !== "open") return;
    if (batch.isCut(index)) return this.#countCut();
    let from: SocketAddress | null = batch.source(index);
    if (this.#peer !== null) {
      if (this.#peer.family !== "local" && !sameEnd(from, this.#peer)) return;
      from = null;
    }
    const octets = { buffer: batch.slab, offset: batch.offset(index), length: batch.length(index) };
    if (this.#reading) {
      if (this.owner.arrived(octets, from) === false) this.#reading = false;
    } else {
      this.#held.push({ bytes: octets.buffer.bytes.slice(octets.offset, octets.offset + octets.length), from });
    }
  }

  #deliverHeld(): void {
    const held = this.#held;
    let count = 0;
    while (count < held.length && this.#reading && this.#phase === "open") {
      const next = held[count++];
      if (next === undefined) break;
      const octets = { buffer: new SharedBuffer(next.bytes), offset: 0, length: next.bytes.length };
      if (this.owner.arrived(octets, next.from) === false) this.#reading = false;
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
    this.#fail(errnoError(errno, "Cannot receive"));
    return true;
  }

  #fail(error: NetgraphError): void {
    if (this.#phase !== "open") return;
    this.abort();
    this.owner.failed(error);
  }

  /** One that is larger than its slot, from a local socket: nothing of it is better than a part. */
  #countCut(): void {
    this.#count("EMSGSIZE");
  }

  #count(code: ErrorCode): void {
    const { errors } = this.#sender;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  #goLater(): void {
    if (this.#going) return;
    this.#going = true;
    this.#host.poller.goOn(this);
  }

  #release(released?: () => void): void {
    if (released === undefined) return;
    if (this.#phase === "dead") this.#host.poller.later(released);
    else this.#whenReleased.push(released);
  }

  #tellReleased(): void {
    const waiting = this.#whenReleased;
    this.#whenReleased = [];
    for (const released of waiting) released();
  }

  #requireOpen(action: string): void {
    if (this.#phase !== "open") throw closedError(action);
  }
}
