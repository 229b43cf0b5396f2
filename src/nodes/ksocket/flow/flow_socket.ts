/**
 * One source of datagrams as a separate socket: its datagrams on the listener's socket are read here, and data that is
 * sent here is sent to it from there. For its ksocket it is an accepted connection like any other.
 *
 * @module
 */

import { SharedBuffer } from "../../../buffer.ts";
import type { ListNode } from "../../../linked_list.ts";
import type { Timer } from "../../../clock.ts";
import { NetgraphError } from "../../../errors.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { ProxyEnds } from "../../../socket/proxy_protocol.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import type { SocketOption } from "../../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import { discardingOwner } from "../socket_owners.ts";

/** The flows of a listener, for each of them. */
export interface FlowHost {
  /** The socket that all of them share. */
  readonly socket: Socket;
  /** The limit of waiting bytes of one flow. */
  readonly maxQueueBytes: number;
  /** Data has flowed: it is now the most recently active one. */
  touched(flow: FlowSocket): void;
  /** It has ended. */
  left(flow: FlowSocket): void;
  /** A datagram of this many bytes was dropped. */
  dropped(bytes: number): void;
  /** Calls back on a later turn. */
  later(act: () => void): Timer;
}

/** The owner of a flow, which ends it. */
export interface FlowHolder {
  /** Ends it early. */
  retire(reason: CloseReason): void;
}

/** The parts of a flow. */
export interface FlowOptions {
  readonly source: SocketAddress;
  /** The ends that a PROXY header has named; null without one. */
  readonly client: ProxyEnds | null;
  /** The number of answers to a datagram; 0: not counted. */
  readonly replies: number;
}

/** The overhead of a waiting datagram, which also limits empty ones. */
const RECORD_BYTES = 64;

const NO_ERRORS: ReadonlyMap<string, number> = new Map();

/** A flow. */
export class FlowSocket implements Socket, ListNode<FlowSocket> {
  readonly endpoint: Endpoint;
  /** The sender of its datagrams, which gets the answers. */
  readonly source: SocketAddress;
  /** The client: the source, or the one that its PROXY header names. */
  readonly peer: SocketAddress;
  readonly destination: SocketAddress | null;
  owner: SocketOwner = discardingOwner();
  /** Its owner; null while its node is not created. */
  holder: FlowHolder | null = null;
  prev: FlowSocket | null = null;
  next: FlowSocket | null = null;
  readonly #host: FlowHost;
  /** The number of answers to a datagram; 0: not counted. */
  readonly #replies: number;
  #asked = 0;
  #answered = 0;
  #reading = false;
  #closed = false;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #turn: Timer | null = null;

  constructor(host: FlowHost, { source, client, replies }: FlowOptions) {
    this.#host = host;
    this.#replies = replies;
    this.endpoint = host.socket.endpoint;
    this.source = source;
    this.peer = client?.source ?? source;
    this.destination = client === null || client.source === null ? null : client.destination;
  }

  get local(): SocketAddress | null {
    return this.#host.socket.local;
  }

  /** The bytes that wait on the listener's socket, which all of its flows share. */
  get queuedBytes(): number {
    return this.#host.socket.queuedBytes;
  }

  /** The listener's socket counts them. */
  get sendErrors(): ReadonlyMap<string, number> {
    return NO_ERRORS;
  }

  /** True if the source has no name and cannot be answered: all such sources are one flow. */
  get nameless(): boolean {
    return this.source.family === "local" && this.source.path === "";
  }

  /** True once every received datagram has its answers. */
  get answered(): boolean {
    return this.#replies > 0 && this.#answered >= this.#replies * this.#asked;
  }

  /**
   * A datagram has arrived from the source. It waits until it is read, or while its reader is full.
   *
   * @returns false if there is no room for it
   */
  take(octets: Octets): boolean {
    this.#asked++;
    if (this.#reading && this.#waiting.length === 0) {
      if (this.owner.arrived(octets, null) === false) this.#reading = false;
      return true;
    }
    const cost = octets.length + RECORD_BYTES;
    if (this.#waitingBytes + cost > this.#host.maxQueueBytes) {
      this.#asked--;
      return false;
    }
    this.#waiting.push(octets.buffer.bytes.slice(octets.offset, octets.offset + octets.length));
    this.#waitingBytes += cost;
    return true;
  }

  send(octets: Octets, _to: SocketAddress | null): void | false {
    if (this.#closed) throw new NetgraphError("EBADF", "Cannot send: the flow has ended");
    this.#answered++;
    this.#host.touched(this);
    return this.#host.socket.send(octets, this.source);
  }

  resume(): void {
    this.#reading = true;
    if (this.#waiting.length > 0) this.#turn ??= this.#host.later(() => this.#deliver());
  }

  close(released?: () => void): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#turn?.cancel();
      for (const { length } of this.#waiting) this.#host.dropped(length);
      this.#waiting = [];
      this.#host.left(this);
    }
    if (released !== undefined) this.#host.later(released);
  }

  abort(released?: () => void): void {
    this.close(released);
  }

  /** Reads an option of the shared socket. */
  getOption(asked: SocketOption): SocketOption {
    return this.#host.socket.getOption(asked);
  }

  // Operations of the shared socket

  setOption(_option: SocketOption): void {
    throw new NetgraphError(
      "EOPNOTSUPP",
      "Cannot set an option of a flow: it uses the socket of its listener, set the option there",
    );
  }

  bind(_address: SocketAddress): Bound {
    throw new NetgraphError("EINVAL", "Cannot bind a flow: it uses the socket of its listener");
  }

  setPathMode(_mode: number): void {
    throw new NetgraphError("EOPNOTSUPP", "Cannot set the mode of a flow: the path belongs to its listener");
  }

  connect(_address: SocketAddress, _done: (error: NetgraphError | null) => void): void {
    throw new NetgraphError("EISCONN", "Cannot connect a flow: it has a peer already");
  }

  listen(_backlog: number): void {
    throw new NetgraphError("EOPNOTSUPP", "Cannot listen on a flow");
  }

  accept(): void {
    throw new NetgraphError("EINVAL", "Cannot accept on a flow");
  }

  /** Does nothing: it has its peer from the start. */
  cancelConnect(): void {}

  /** Does nothing: datagrams have no end to send. */
  shutdown(): void {}

  #deliver(): void {
    this.#turn = null;
    let count = 0;
    while (this.#reading && !this.#closed) {
      const bytes = this.#waiting[count];
      if (bytes === undefined) break;
      count++;
      this.#waitingBytes -= bytes.length + RECORD_BYTES;
      const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
      if (this.owner.arrived(octets, null) === false) this.#reading = false;
    }
    this.#waiting.splice(0, count);
  }
}
