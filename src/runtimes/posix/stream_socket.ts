/**
 * Sockets that connect: streams, and packets in order (seqpacket). One descriptor that becomes a listener or a
 * connection.
 *
 * It is watched once, edge-triggered: reading goes on until the system has no more, within a budget; what a send leaves
 * over waits for the descriptor to be writable. A write that meets a reset lets what came before it be read first.
 *
 * TCP_NODELAY is on for every TCP socket (a relay of small requests would wait for acknowledgements otherwise), and
 * SO_REUSEADDR is set before a bind, as on the other runtimes; setopt can turn both off.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import { type Bound, LINGER_MS, type Octets, type Socket, type SocketOwner } from "../../socket/socket.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { checkFamily, wildcardOf, withZoneOf } from "../core/endpoint_address.ts";
import { BoundPath } from "../host/bound_path.ts";
import { NO_OWNER } from "../core/no_owner.ts";
import { NO_SEND_ERRORS, notNew } from "../core/stream_rules.ts";
import { Connecting } from "./connecting.ts";
import { errnoCode, errnoError } from "./errno.ts";
import { closedError, type PosixHost } from "./host.ts";
import { Listening } from "./listening.ts";
import type { Goer, Watcher } from "./poller.ts";
import { TURN_BYTES } from "./read_buffers.ts";
import { PackedInet } from "./sockaddr.ts";
import { FATAL, StreamWriter, type WriterEvents } from "./stream_writer.ts";

type Phase = "open" | "listening" | "connecting" | "connected" | "lingering" | "dead";

/** A stream or seqpacket socket of the system. */
export class PosixStreamSocket implements Socket, Watcher, Goer, WriterEvents {
  readonly endpoint: Endpoint;
  owner: SocketOwner = NO_OWNER;
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #writer: StreamWriter;
  #phase: Phase = "open";
  #local: SocketAddress | null = null;
  #peer: SocketAddress | PackedInet | null = null;
  /** What it was bound to. */
  #bound: SocketAddress | null = null;
  #reuseAsked = false;
  #path: BoundPath | null = null;
  #pathMode: number | null = null;
  #listening: Listening | null = null;
  #connecting: Connecting | null = null;
  /** Who is told of a connect that is given up. */
  #tellCanceled: ((error: NetgraphError | null) => void) | null = null;
  #watched = false;
  #reading = false;
  /** There may be something to read: an event said so, and no read has found nothing since. */
  #readable = false;
  /** A read that stops short may have left something: the end, an error, what is behind urgent data; or packets. */
  #mayHoldMore: boolean;
  /** A read was full: from then on there is more room. */
  #inBulk = false;
  #readEnded = false;
  #going = false;
  #broken: NetgraphError | null = null;
  #linger: { readonly timer: Timer; readonly released: (() => void)[] } | null = null;

  /**
   * @param accepted the connection that it is from the start; without one a new socket is opened
   * @throws NetgraphError what opening throws
   */
  constructor(endpoint: Endpoint, host: PosixHost, accepted?: { fd: number; peer: SocketAddress | PackedInet }) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#fd = accepted?.fd ?? host.openDescriptor(endpoint);
    this.#writer = new StreamWriter(host, { fd: this.#fd, packets: endpoint.type !== "stream", events: this });
    this.#mayHoldMore = !host.isTcp(endpoint);
    host.sockets.add(this.#fd, this);
    if (accepted === undefined) {
      this.#prepare();
      return;
    }
    this.#peer = accepted.peer;
    this.#phase = "connected";
    this.#writer.start();
    this.#watch();
  }

  get local(): SocketAddress | null {
    if (this.#local !== null || !this.#named) return this.#local;
    const told = this.#host.localAddress(this.#fd);
    return this.#local = told === null ? null : withZoneOf(this.#bound, told);
  }

  get peer(): SocketAddress | null {
    if (this.#peer instanceof PackedInet) this.#peer = this.#peer.unpack();
    return this.#peer;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return NO_SEND_ERRORS;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get ackedBytes(): number | null {
    const isOpen = this.#phase === "connected" || this.#phase === "lingering";
    return isOpen && this.#host.isTcp(this.endpoint) ? this.#host.ackedBytes(this.#fd) : null;
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${sockaddr.format(address)}`;
    this.#requireOpen("bind", action);
    if (this.#bound !== null) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    if (address.family !== "local" && !this.#reuseAsked) {
      const { SOL_SOCKET, SO_REUSEADDR } = this.#host.system.constants;
      this.#host.switchOn(this.#fd, SOL_SOCKET, SO_REUSEADDR);
    }
    this.#host.bindDescriptor(this.#fd, address);
    this.#bound = address;
    this.#path = BoundPath.of(address, this.#host.paths);
    if (this.#pathMode !== null) this.#path?.setMode(this.#pathMode);
    return "done";
  }

  listen(backlog: number): void {
    if (this.#phase !== "listening") this.#requireOpen("listen", "Cannot listen");
    // The system binds a TCP socket by itself, a local one not.
    if (this.#bound === null && this.endpoint.family === "local") this.bind(wildcardOf(this.endpoint));
    if (this.#host.libc.listen(this.#fd, backlog) < 0) throw errnoError(this.#host.libc.errno(), "Cannot listen");
    if (this.#phase === "listening") return;
    this.#phase = "listening";
    this.#listening = new Listening(this.#host, this.#fd, {
      accepted: (fd) => this.#accepted(fd),
      paused: (error) => this.owner.acceptFailed(error),
      failed: (error) => this.#fail(error),
    });
    this.#path?.watch((error) => this.#fail(error));
    this.#watch();
  }

  accept(): void {
    if (this.#listening === null) throw new NetgraphError("EINVAL", "Cannot accept: the socket does not listen");
    this.#listening.want();
  }

  setPathMode(mode: number): void {
    if (this.#phase === "dead") throw closedError("Cannot set a path's mode");
    this.#pathMode = mode;
    if (this.#bound !== null) return this.#path?.setMode(mode);
    // Linux makes the path with the bits of the socket, less the umask: it is never wider than asked for.
    this.#host.libc.changeMode(this.#fd, mode);
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    if (this.#phase !== "open") this.#requireOpen("connect", `Cannot connect to ${sockaddr.format(address)}`);
    checkFamily(this.endpoint, address);
    this.#connecting = new Connecting({
      host: this.#host,
      fd: this.#fd,
      address,
      done: (error) => {
        this.#connecting = null;
        this.#tellCanceled = null;
        if (error !== null) this.#phase = "open";
        else this.#connected(address);
        done(error);
        if (error === null) this.#sendEarly();
      },
    });
    this.#tellCanceled = done;
    this.#phase = "connecting";
    // An unconnected socket counts as hung up, so that it is not watched before.
    if (address.family !== "local") this.#watch();
  }

  cancelConnect(): void {
    const connecting = this.#connecting;
    if (connecting === null) return;
    connecting.cancel();
    this.#connecting = null;
    this.#phase = "open";
    const tell = this.#tellCanceled;
    this.#host.poller.later(() => this.#phase === "dead" || tell?.(connecting.canceled));
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    if (to !== null) throw new NetgraphError("EISCONN", "Cannot send to an address on a stream");
    if (this.#phase !== "connected" && this.#phase !== "connecting") {
      throw new NetgraphError("ENOTCONN", "Cannot send: not connected");
    }
    if (this.#writer.ending) throw new NetgraphError("EPIPE", "Cannot send: the socket was shut down");
    return this.#writer.send(octets);
  }

  shutdown(): void {
    if (this.#phase !== "connected" && this.#phase !== "connecting") {
      throw new NetgraphError("ENOTCONN", "Cannot shut down: not connected");
    }
    if (this.#writer.ending) return;
    this.#writer.end();
    // On a turn of its own: a close that follows says the same by itself.
    if (this.#phase === "connected") this.#goLater();
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (this.#phase === "connected" && this.#readable) this.#goLater();
  }

  setOption(option: SocketOption): void {
    if (this.#phase === "dead") throw closedError("Cannot set an option");
    this.#host.setOption(this.#fd, this.endpoint, option);
    if (option.option === "SO_REUSEADDR") this.#reuseAsked = true;
  }

  getOption(asked: SocketOption): SocketOption {
    if (this.#phase === "dead") throw closedError("Cannot read an option");
    return this.#host.getOption(this.#fd, this.endpoint, asked);
  }

  close(released?: () => void): void {
    if (this.#linger !== null && this.#phase === "lingering") {
      if (released !== undefined) this.#linger.released.push(released);
      return;
    }
    if (this.#phase !== "connected" || this.queuedBytes === 0 || this.#broken !== null) return this.#end(released);
    this.#phase = "lingering";
    const timer = this.#host.poller.after(LINGER_MS, () => this.abort());
    this.#linger = { timer, released: released === undefined ? [] : [released] };
  }

  abort(released?: () => void): void {
    if (this.#phase === "connected" || this.#phase === "lingering") this.#host.resetOnClose(this.#fd);
    this.#end(released);
  }

  // The loop

  ready(events: number): void {
    if (this.#phase === "listening") return this.#listening?.ready();
    const { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } = this.#host.system.constants;
    const special = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) !== 0;
    if (special) this.#mayHoldMore = true;
    if (special || (events & EPOLLIN) !== 0) this.#readable = true;
    if (this.#phase === "connecting") return this.#connecting?.ready(events);
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0) this.#writer.flush();
    if (this.#phase !== "connected") return;
    if (this.#reading && !this.#readEnded) {
      if (this.#readable && !this.#going) this.#read();
      return;
    }
    // Nobody reads, so nobody would meet the error: it is asked for.
    if ((events & EPOLLERR) !== 0) this.#fail(this.#lastError());
  }

  goOn(): void {
    this.#going = false;
    if (this.#phase !== "connected") return;
    this.#writer.sendEnd();
    if (this.#reading && !this.#readEnded && (this.#readable || this.#broken !== null)) this.#read();
    else if (this.#broken !== null) this.#fail(this.#broken);
  }

  #read(): void {
    const { libc, readBuffers } = this.#host;
    for (let turn = 0; turn < TURN_BYTES;) {
      const buffer = readBuffers.take(this.#inBulk);
      const asked = buffer.bytes.length;
      const length = libc.receive(this.#fd, buffer.bytes, asked, 0);
      if (length < 0) return this.#readFailed(libc.errno());
      if (length === 0) return this.#endRead();
      if (this.owner.arrived({ buffer, offset: 0, length }, null) === false) this.#reading = false;
      if (this.#phase !== "connected") return;
      turn += Math.max(length, TURN_BYTES / 4);
      if (length === asked) this.#inBulk = true;
      // TCP gives all that it has: what comes later is a new event.
      else if (!this.#mayHoldMore) {
        this.#readable = false;
        return;
      }
      if (!this.#reading) return this.#broken === null ? undefined : this.#goLater();
    }
    this.#goLater();
  }

  #readFailed(errno: number): void {
    if (errno === this.#host.system.constants.EAGAIN) {
      this.#readable = false;
      if (this.#broken !== null) this.#fail(this.#broken);
      return;
    }
    if (FATAL.has(errnoCode(errno))) this.#fail(this.#broken ?? errnoError(errno, "Cannot read"));
  }

  #endRead(): void {
    this.#readEnded = true;
    if (this.#broken !== null) return this.#fail(this.#broken);
    this.owner.ended();
  }

  // Its writer

  drained(): void {
    if (this.#phase === "lingering") this.#end();
    else this.owner.drained();
  }

  failed(error: NetgraphError): void {
    if (this.#phase === "lingering") return this.#end();
    this.#broken = error;
    this.#goLater();
  }

  // States

  #prepare(): void {
    const { IPPROTO_TCP, TCP_NODELAY } = this.#host.system.constants;
    // What a listener accepts has it from the listener.
    if (this.#host.isTcp(this.endpoint)) this.#host.switchOn(this.#fd, IPPROTO_TCP, TCP_NODELAY);
  }

  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    const { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } = this.#host.system.constants;
    const interest = this.#phase === "listening" ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;
    this.#host.poller.watch(this.#fd, interest | EPOLLET, this);
  }

  #accepted(fd: number): void {
    const child = new PosixStreamSocket(this.endpoint, this.#host, { fd, peer: this.#host.acceptedPeer() });
    this.owner.accepted(child);
    if (child.owner === NO_OWNER) child.abort();
  }

  #connected(peer: SocketAddress): void {
    this.#phase = "connected";
    this.#peer = peer;
    this.#local = null;
    this.#watch();
    if (this.#reading && this.#readable) this.#goLater();
  }

  /** Sends what was taken while connecting. */
  #sendEarly(): void {
    if (this.#phase !== "connected") return;
    this.#writer.start();
    this.#writer.flush();
    this.#writer.sendEnd();
  }

  #goLater(): void {
    if (this.#going) return;
    this.#going = true;
    this.#host.poller.goOn(this);
  }

  #lastError(): NetgraphError {
    const errno = this.#host.takeError(this.#fd);
    return errno === 0
      ? new NetgraphError("ECONNRESET", "Connection was reset by the peer")
      : errnoError(errno, "Connection has failed");
  }

  #fail(error: NetgraphError): void {
    if (this.#phase === "dead") return;
    this.#end();
    this.owner.failed(error);
  }

  /** Gives everything back. */
  #end(released?: () => void): void {
    if (this.#phase === "dead") {
      if (released !== undefined) this.#host.poller.later(released);
      return;
    }
    this.#phase = "dead";
    this.#listening?.stop();
    this.#connecting?.cancel();
    this.#connecting = null;
    this.#writer.stop();
    this.#path?.remove();
    this.#host.sockets.remove(this.#fd);
    this.#host.poller.doom(this.#fd, released);
    if (this.#linger === null) return;
    this.#linger.timer.cancel();
    for (const call of this.#linger.released) this.#host.poller.later(call);
  }

  get #named(): boolean {
    return this.#bound !== null || (this.#phase !== "open" && this.#phase !== "connecting" && this.#phase !== "dead");
  }

  #requireOpen(verb: "bind" | "listen" | "connect", action: string): void {
    if (this.#phase !== "open") throw notNew(this.#phase === "dead" ? "closed" : this.#phase, verb, action);
  }
}
