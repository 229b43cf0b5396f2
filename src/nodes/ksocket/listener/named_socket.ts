/**
 * An accepted stream whose first bytes were read before it has its owner: the bytes that do not belong to its header are
 * delivered first, and its peer is the client that the header names. After the first bytes it costs a call for each
 * send, and nothing for what it reads.
 *
 * @module
 */

import { SharedBuffer } from "../../../buffer.ts";
import type { Clock, Timer } from "../../../clock.ts";
import { NetgraphError } from "../../../errors.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import type { SocketOption } from "../../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import { discardingOwner } from "../socket_owners.ts";

/** What the socket is made of. */
export interface NamedSocketOptions {
  /** The client. */
  readonly peer: SocketAddress | null;
  /** What was read beyond the header. */
  readonly rest: Uint8Array<ArrayBuffer>;
  readonly clock: Clock;
}

/** A socket with another peer, and first bytes. */
export class NamedSocket implements Socket {
  readonly peer: SocketAddress | null;
  readonly #inner: Socket;
  readonly #clock: Clock;
  #owner: SocketOwner = discardingOwner();
  /** Null once it was delivered. */
  #rest: Uint8Array<ArrayBuffer> | null;
  #turn: Timer | null = null;

  constructor(inner: Socket, { peer, rest, clock }: NamedSocketOptions) {
    this.#inner = inner;
    this.#clock = clock;
    this.peer = peer;
    this.#rest = rest.length === 0 ? null : rest;
  }

  get owner(): SocketOwner {
    return this.#owner;
  }

  set owner(owner: SocketOwner) {
    this.#owner = owner;
    // It is not read until `resume`, so that only failures can come before the first bytes.
    this.#inner.owner = owner;
  }

  get endpoint(): Endpoint {
    return this.#inner.endpoint;
  }

  get local(): SocketAddress | null {
    return this.#inner.local;
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes;
  }

  get ackedBytes(): number | null {
    return this.#inner.ackedBytes ?? null;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#inner.sendErrors;
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    return this.#inner.send(octets, to);
  }

  resume(): void {
    if (this.#rest === null) this.#inner.resume();
    else this.#turn ??= this.#clock.after(0, () => this.#deliver());
  }

  shutdown(): void {
    this.#inner.shutdown();
  }

  close(released?: () => void): void {
    this.#forget();
    this.#inner.close(released);
  }

  abort(released?: () => void): void {
    this.#forget();
    this.#inner.abort(released);
  }

  setOption(option: SocketOption): void {
    this.#inner.setOption(option);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#inner.getOption(asked);
  }

  // It is connected

  cancelConnect(): void {}

  bind(_address: SocketAddress): Bound {
    throw connected("bind");
  }

  setPathMode(_mode: number): void {
    throw connected("set the mode of a path");
  }

  connect(_address: SocketAddress, _done: (error: NetgraphError | null) => void): void {
    throw connected("connect");
  }

  listen(_backlog: number): void {
    throw connected("listen");
  }

  accept(): void {
    throw connected("accept");
  }

  #forget(): void {
    this.#turn?.cancel();
    this.#turn = null;
    this.#rest = null;
  }

  #deliver(): void {
    this.#turn = null;
    const bytes = this.#rest;
    if (bytes === null) return;
    this.#rest = null;
    const taken = this.#owner.arrived({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length }, null);
    if (taken !== false) this.#inner.resume();
  }
}

function connected(action: string): NetgraphError {
  return new NetgraphError("EINVAL", `Cannot ${action}: the socket is connected`);
}
