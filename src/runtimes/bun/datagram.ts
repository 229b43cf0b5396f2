/**
 * Datagram sockets over `Bun.udpSocket`.
 *
 * Bun connects a UDP socket only when it makes it, and ours may be bound before: connecting is remembered, and what
 * comes from elsewhere is dropped here.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import { addressText, netTarget, SourceCache } from "./address.ts";
import { openDatagrams } from "./calls.ts";
import { BunDatagramOptions } from "./datagram_options.ts";
import { BunDatagramSender, type Target } from "./datagram_sender.ts";
import { BunInbox } from "./inbox.ts";
import { receiveRoom } from "./receive_room.ts";
import { TURN_BUDGET } from "./turn_budget.ts";
import type { ReceiveRoom } from "../posix/receive_room.ts";
import type { SocketHost } from "../host/host_sockets.ts";
import type { BunDatagrams } from "./types.ts";
import { Connectionless } from "../connectionless.ts";
import { checkFamily, sameEnd, sourceFor } from "../endpoint_address.ts";
import { NO_OWNER } from "../no_owner.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** What Bun tells that is about one datagram, sent earlier, rather than the socket. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EACCES",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EMSGSIZE",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "EPROTO",
]);

const NO_ERRORS: ReadonlyMap<string, number> = new Map();

interface Made {
  readonly datagrams: BunDatagrams;
  readonly sender: BunDatagramSender;
  readonly local: SocketAddress;
}

/** A datagram socket on Bun. */
export class BunDatagramSocket extends Connectionless implements Socket {
  readonly endpoint: Endpoint;
  owner: SocketOwner = NO_OWNER;
  readonly #host: SocketHost;
  readonly #options: BunDatagramOptions;
  readonly #sources = new SourceCache();
  readonly #inbox = new BunInbox();
  #made: Made | null = null;
  #closed = false;
  #peer: SocketAddress | null = null;
  #reading = false;
  #handing = false;
  /** The last address that was sent to, in both forms. */
  #sentTo: SocketAddress | null = null;
  #target: Target = { host: "", port: 0 };
  #idle: () => void = () => {};
  /** Null until the C library is there. */
  #room: ReceiveRoom | null = null;

  constructor(endpoint: Endpoint, host: SocketHost) {
    super();
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = new BunDatagramOptions(socketKind(endpoint));
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    return this.#made?.local ?? null;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#made?.sender.queuedBytes ?? 0;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#made?.sender.errors ?? NO_ERRORS;
  }

  get lostDatagrams(): number | null {
    const fd = this.#made?.datagrams.fd;
    if (this.#closed || this.#room === null || fd === undefined) return null;
    const drops = this.#room.drops(fd);
    return drops === null ? null : drops + this.#inbox.dropped;
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${addressText(address)}`;
    this.#requireOpen(action);
    if (this.#made !== null) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    this.#open(address);
    return "done";
  }

  /** Bun has no local datagrams. */
  setPathMode(_mode: number): void {}

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    this.#requireOpen(`Cannot connect to ${addressText(address)}`);
    checkFamily(this.endpoint, address);
    if (this.#made === null) this.#open(sourceFor(this.endpoint, address));
    this.#peer = address;
    done(null);
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    const address = to ?? this.#peer;
    this.#requireOpen("Cannot send");
    if (address === null) throw new NetgraphError("ENOTCONN", "Cannot send: not connected, and no address is given");
    if (address !== this.#sentTo) {
      checkFamily(this.endpoint, address);
      this.#target = netTarget(address);
      this.#sentTo = address;
    }
    const { sender } = this.#made ?? this.#open(sourceFor(this.endpoint, null));
    return sender.send(octets, this.#target);
  }

  resume(): void {
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    if (!this.#inbox.isEmpty) queueMicrotask(() => this.#handOn()); // Not from within the owner's call.
  }

  setOption(option: SocketOption): void {
    this.#requireOpen("Cannot set an option");
    this.#options.set(option, this.#made?.datagrams ?? null);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    if (this.#closed || !this.#made?.sender.busy) return this.abort(released);
    this.#closed = true;
    const sent = new Promise<void>((resolve) => this.#idle = resolve);
    const settled = sent.then(() => this.#release());
    this.#host.registry.linger(this, { settled, giveUp: () => this.#idle() }, released);
  }

  abort(released?: () => void): void {
    if (this.#closed) return this.#host.registry.released(released);
    this.#closed = true;
    this.#release();
    this.#host.registry.remove(this, Promise.resolve(), released);
  }

  #requireOpen(action: string): void {
    if (this.#closed) throw new NetgraphError("EBADF", `${action}: the socket is closed`);
  }

  #open(address: SocketAddress): Made {
    const { datagrams, local } = openDatagrams(address, {
      flags: this.#options.flags,
      socket: {
        data: (_socket, bytes, port, host) => this.#arrived({ bytes, from: this.#sources.address(host, port) }),
        drain: () => this.#drain(),
        error: (error) => this.#failed(error),
      },
    });
    try {
      this.#options.apply(datagrams);
    } catch (error) {
      datagrams.close();
      throw error;
    }
    void receiveRoom().then((room) => this.#closed || this.#takeRoom(room));
    const sender = new BunDatagramSender(datagrams, () => this.#closed || this.owner.drained());
    return this.#made = { datagrams, sender, local };
  }

  #takeRoom(room: ReceiveRoom | null): void {
    this.#room = room;
    const fd = this.#made?.datagrams.fd;
    if (fd !== undefined) room?.ask(fd);
  }

  #arrived(datagram: { bytes: Uint8Array<ArrayBuffer>; from: SocketAddress }): void {
    if (this.#closed) return;
    if (!this.#reading) return this.#inbox.push(datagram, "owner");
    if (!this.#inbox.isEmpty || this.#handing) return this.#inbox.push(datagram, "turn");
    if (TURN_BUDGET.spend()) return this.#handOver(datagram);
    this.#inbox.push(datagram, "turn");
    TURN_BUDGET.afterTurn(() => this.#handOn());
  }

  #handOn(): void {
    if (this.#handing) return;
    this.#handing = true;
    while (this.#reading && !this.#closed) {
      const datagram = this.#inbox.take();
      if (datagram === null) break;
      this.#handOver(datagram);
    }
    this.#handing = false;
  }

  #handOver({ bytes, from }: { bytes: Uint8Array<ArrayBuffer>; from: SocketAddress }): void {
    if (this.#peer !== null && !sameEnd(from, this.#peer)) return;
    const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
    if (this.owner.arrived(octets, this.#peer === null ? from : null) === false) this.#reading = false;
  }

  #drain(): void {
    this.#made?.sender.drain();
    if (!this.#made?.sender.busy) this.#idle();
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    if (PASSING.has(systemErrorCode(error))) return this.#made?.sender.refused(error);
    this.abort();
    this.owner.failed(systemError(error, "Cannot receive"));
  }

  #release(): void {
    this.#inbox.clear();
    this.#made?.sender.clear();
    this.#made?.datagrams.close();
  }
}
