/**
 * An accepted stream whose first bytes were read ahead; its peer can be replaced by the client in a PROXY header. The
 * bytes that do not belong to the header are delivered first. The bytes can be inspected before they are
 * delivered, which does not change them. After the first bytes it costs a call for each send, and nothing for what it
 * reads.
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
import type { TlsSessionInfo } from "../../../socket/tls.ts";
import { discardingOwner } from "../socket_owners.ts";

/** The parts of the socket. */
export interface PrefetchedSocketOptions {
  /** The client. */
  readonly peer: SocketAddress | null;
  /** The address to which it has connected, if the header names it. */
  readonly destination: SocketAddress | null;
  /** The bytes that were read beyond the header. */
  readonly rest: Uint8Array<ArrayBuffer>;
  readonly clock: Clock;
}

/** Receives the first bytes before the owner. */
export interface FirstBytesInspector {
  /** All bytes that have arrived so far; true if no more are needed: none are read until `resume`. */
  arrived(bytes: Uint8Array): boolean;
  /** The peer has ended its direction; no call follows. */
  ended(): void;
  /** The socket has failed or was closed; no call follows. */
  closed(): void;
}

/** A socket whose first bytes were read ahead. */
export class PrefetchedSocket implements Socket {
  readonly peer: SocketAddress | null;
  readonly destination: SocketAddress | null;
  readonly #inner: Socket;
  readonly #clock: Clock;
  #owner: SocketOwner = discardingOwner();
  #delivery: Timer | null = null;
  /** The bytes that were read and not delivered yet. */
  #first: FirstBytes;
  /** Null while the first bytes are not inspected. */
  #inspector: FirstBytesInspector | null = null;
  /** True while it reads for inspection, and until the first bytes are delivered. */
  #isInspected = false;
  #heldBytes: number;
  #isClosed = false;

  constructor(inner: Socket, { peer, destination, rest, clock }: PrefetchedSocketOptions) {
    this.#inner = inner;
    this.#clock = clock;
    this.peer = peer;
    this.destination = destination;
    this.#first = { bytes: rest, length: rest.length, hasEnded: false };
    this.#heldBytes = rest.length;
  }

  /** The number of bytes that were read and not delivered to the owner; after the end, those that it never got. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get owner(): SocketOwner {
    return this.#owner;
  }

  set owner(owner: SocketOwner) {
    this.#owner = owner;
    // It is not read until `resume`, so that only failures can come before the first bytes.
    if (!this.#isInspected) this.#inner.owner = owner;
  }

  /** Reads first bytes for `inspector`, which may decide from within this call. The owner is called for failures only. */
  inspect(inspector: FirstBytesInspector): void {
    this.#inspector = inspector;
    this.#isInspected = true;
    this.#inner.owner = this.#inspection();
    if (this.#first.length === 0 || !this.#show()) this.#inner.resume();
  }

  get inner(): Socket {
    return this.#inner;
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

  get tls(): TlsSessionInfo | null {
    return this.#inner.tls ?? null;
  }

  secured(done: () => void): void {
    this.#inner.secured?.(done);
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
    if (!this.#isInspected && this.#first.length === 0) this.#inner.resume();
    else this.#delivery ??= this.#clock.after(0, () => this.#deliver());
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

  getOption(option: SocketOption): SocketOption {
    return this.#inner.getOption(option);
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
    this.#isClosed = true;
    this.#delivery?.cancel();
    this.#delivery = null;
    this.#first = NOTHING;
    const inspector = this.#inspector;
    this.#inspector = null;
    inspector?.closed();
  }

  /** The owner of the inner socket until the first bytes are delivered. */
  #inspection(): SocketOwner {
    return {
      arrived: (octets) => {
        this.#first = append(this.#first, octets);
        this.#heldBytes = this.#first.length;
        return this.#inspector === null || this.#show() ? false : undefined;
      },
      ended: () => {
        this.#first = { ...this.#first, hasEnded: true };
        const inspector = this.#inspector;
        this.#inspector = null;
        inspector?.ended();
      },
      failed: (error) => {
        this.#forget();
        this.#owner.failed(error);
      },
      drained: () => this.#owner.drained(),
      accepted: (child) => child.abort(),
      acceptFailed: () => {},
    };
  }

  /** Shows the first bytes; true if no more are needed. */
  #show(): boolean {
    const inspector = this.#inspector;
    const isEnough = inspector?.arrived(this.#first.bytes.subarray(0, this.#first.length)) ?? true;
    if (isEnough) this.#inspector = null;
    return isEnough;
  }

  #deliver(): void {
    this.#delivery = null;
    const { bytes, length, hasEnded } = this.#first;
    this.#first = { ...NOTHING, hasEnded };
    this.#heldBytes = 0;
    const piece = { buffer: new SharedBuffer(bytes), offset: 0, length };
    const isTaken = length === 0 || this.#owner.arrived(piece, null) !== false;
    if (!isTaken || this.#isClosed) return;
    this.#first = NOTHING;
    this.#isInspected = false;
    this.#inner.owner = this.#owner;
    if (hasEnded) this.#owner.ended();
    else this.#inner.resume();
  }
}

/** The bytes that were read and not delivered yet. */
interface FirstBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
  /** The peer has ended its direction behind them. */
  readonly hasEnded: boolean;
}

const NO_BYTES = new Uint8Array(0);
const NOTHING: FirstBytes = { bytes: NO_BYTES, length: 0, hasEnded: false };

/** With a copy of what has arrived: as large as the first piece, then with room for more. */
function append(first: FirstBytes, { buffer, offset, length }: Octets): FirstBytes {
  const piece = buffer.bytes.subarray(offset, offset + length);
  const total = first.length + length;
  if (total <= first.bytes.length) {
    first.bytes.set(piece, first.length);
    return { ...first, length: total };
  }
  const bytes = new Uint8Array(first.length === 0 ? total : Math.max(total, 2 * first.bytes.length));
  bytes.set(first.bytes.subarray(0, first.length));
  bytes.set(piece, first.length);
  return { ...first, bytes, length: total };
}

/** A socket whose first bytes can be inspected. */
export function asPrefetched(socket: Socket, clock: Clock): PrefetchedSocket {
  if (socket instanceof PrefetchedSocket) return socket;
  return new PrefetchedSocket(socket, { peer: socket.peer, destination: null, rest: NO_BYTES, clock });
}

function connected(action: string): NetgraphError {
  return new NetgraphError("EINVAL", `Cannot ${action}: the socket is connected`);
}
