/**
 * Datagram sockets over `Deno.listenDatagram` (UDP and unix datagrams).
 *
 * Deno has no connected datagram socket: connecting is remembered, and what comes from elsewhere is dropped here.
 *
 * @module
 */

import type { SharedBuffer } from "../../buffer.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import { AddressCache, addressText } from "./address.ts";
import { Connectionless } from "../connectionless.ts";
import { checkFamily, sameEnd, sourceFor } from "../endpoint_address.ts";
import { type BoundDatagrams, openDatagrams } from "./calls.ts";
import { type DatagramTarget, DenoDatagramOptions } from "./datagram_options.ts";
import { DenoDatagramSender } from "./datagram_sender.ts";
import { BoundPath } from "../host/bound_path.ts";
import type { SocketHost } from "../host/host_sockets.ts";
import { NO_OWNER } from "../no_owner.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** The largest datagram of IP fits, so that none is cut short: Deno does not say when it cuts. */
const RECEIVE_BYTES = 64 * 1024;

/** Room for those of the local family, which are larger; one that fills it was cut, or nearly. */
const LOCAL_RECEIVE_BYTES = 256 * 1024;

/** What a receive may meet that is about one datagram, or an earlier send, rather than the socket. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EMSGSIZE",
]);

const NOWHERE: SocketAddress = { family: "local", path: "" };

const NO_ERRORS: ReadonlyMap<string, number> = new Map();

/** A datagram socket on Deno. */
export class DenoDatagramSocket extends Connectionless implements Socket {
  readonly endpoint: Endpoint;
  owner: SocketOwner = NO_OWNER;
  readonly #host: SocketHost;
  readonly #options: DenoDatagramOptions;
  readonly #addresses = new AddressCache();
  #bound: BoundDatagrams | null = null;
  #path: BoundPath | null = null;
  #pathMode: number | null = null;
  #sender: DenoDatagramSender | null = null;
  #closed = false;
  #peer: SocketAddress | null = null;
  #reading = false;
  /** The last source as Deno tells it, and with its zone. */
  #from: SocketAddress | null = null;
  #fromZoned: SocketAddress = NOWHERE;
  /** What a datagram is received into; null while no receive is pending. */
  #receiving: SharedBuffer | null = null;
  /** Settles when none is pending any more, for who waits for that. */
  #rested: PromiseWithResolvers<void> | null = null;
  // Two functions follow every receive, and no `async` one: what that makes for itself would cost as much as the rest.
  readonly #came = ([bytes, source]: [Uint8Array, Deno.Addr]): void => this.#arrived(bytes, source);
  readonly #broke = (error: unknown): void => this.#failedToReceive(error);

  constructor(endpoint: Endpoint, host: SocketHost) {
    super();
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = new DenoDatagramOptions(socketKind(endpoint));
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    return this.#bound?.local ?? null;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#sender?.queuedBytes ?? 0;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#sender?.errors ?? NO_ERRORS;
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${addressText(address)}`;
    this.#requireOpen(action);
    if (this.#bound !== null) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    this.#open(address);
    return "done";
  }

  setPathMode(mode: number): void {
    this.#pathMode = mode;
    this.#path?.setMode(mode);
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    this.#requireOpen(`Cannot connect to ${addressText(address)}`);
    checkFamily(this.endpoint, address);
    if (this.#bound === null) this.#open(sourceFor(this.endpoint, address));
    this.#peer = address;
    done(null);
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    const target = to ?? this.#peer;
    this.#requireOpen("Cannot send");
    if (target === null) throw new NetgraphError("ENOTCONN", "Cannot send: not connected, and no address is given");
    checkFamily(this.endpoint, target);
    if (this.#bound === null) this.#open(sourceFor(this.endpoint, null));
    return this.#sender?.send(octets, this.#addresses.toDeno(target));
  }

  resume(): void {
    this.#reading = true;
    const conn = this.#bound?.conn ?? null;
    if (conn === null || this.#closed || this.#receiving !== null) return;
    this.#receive(conn, this.#host.pool.take(this.#room));
  }

  setOption(option: SocketOption): void {
    this.#requireOpen("Cannot set an option");
    this.#options.set(option, this.#target);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    if (this.#closed || !this.#sender?.busy) return this.abort(released);
    this.#closed = true;
    const settled = this.#sender.idle().then(() => this.#release());
    const giveUp = (): void => {
      this.#path?.remove();
      this.#bound?.close();
    };
    this.#host.registry.linger(this, { settled, giveUp }, released);
  }

  abort(released?: () => void): void {
    if (this.#closed) return this.#host.registry.released(released);
    this.#closed = true;
    this.#sender?.stop();
    this.#host.registry.remove(this, this.#release(), released);
  }

  get #target(): DatagramTarget | null {
    const conn = this.#bound?.conn ?? null;
    return conn === null ? null : { conn, failed: (error) => this.#fail(error) };
  }

  get #room(): typeof RECEIVE_BYTES | typeof LOCAL_RECEIVE_BYTES {
    return this.endpoint.family === "local" ? LOCAL_RECEIVE_BYTES : RECEIVE_BYTES;
  }

  #requireOpen(action: string): void {
    if (this.#closed) throw new NetgraphError("EBADF", `${action}: the socket is closed`);
  }

  #open(address: SocketAddress): void {
    const { reuseAddress, loopback } = this.#options;
    const mode = this.#pathMode;
    const bound = openDatagrams(address, { reuseAddress, loopback, mode });
    this.#bound = bound;
    // Deno 2.9.6 leaves the file of a unix datagram socket behind: it is removed with the socket.
    this.#path = BoundPath.of(bound.local, this.#host.paths);
    if (mode !== null) this.#path?.setMode(mode);
    this.#path?.watch((error) => this.#fail(error));
    this.#sender = new DenoDatagramSender(bound.sink, () => this.#closed || this.owner.drained());
    if (this.#target !== null) this.#options.apply(this.#target);
    if (this.#reading) this.resume();
  }

  #receive(conn: Deno.DatagramConn, buffer: SharedBuffer): void {
    this.#receiving = buffer;
    conn.receive(buffer.bytes).then(this.#came, this.#broke);
  }

  #arrived(bytes: Uint8Array, source: Deno.Addr): void {
    const buffer = this.#receiving;
    if (buffer === null) return;
    if (!this.#closed) this.#received({ buffer, offset: 0, length: bytes.length }, source);
    this.#receiveNext(buffer);
  }

  #failedToReceive(error: unknown): void {
    const buffer = this.#receiving;
    if (buffer === null) return;
    const passes = this.#closed || PASSING.has(systemErrorCode(error));
    if (!passes) this.#fail(systemError(error, "Cannot receive"));
    this.#receiveNext(buffer);
  }

  /** One that the owner kept is let go, and another is taken. */
  #receiveNext(buffer: SharedBuffer): void {
    const conn = this.#bound?.conn ?? null;
    const goesOn = this.#reading && !this.#closed && conn !== null;
    if (goesOn && buffer.exclusive) return this.#receive(conn, buffer);
    buffer.release();
    if (goesOn) return this.#receive(conn, this.#host.pool.take(this.#room));
    this.#receiving = null;
    this.#rested?.resolve();
    this.#rested = null;
  }

  #received(octets: Octets, source: Deno.Addr): void {
    if (octets.length === LOCAL_RECEIVE_BYTES) return this.#sender?.count("EMSGSIZE");
    const from = this.#zoned(this.#addresses.fromDeno(source));
    if (this.#peer !== null && !sameEnd(from, this.#peer)) return;
    if (this.owner.arrived(octets, this.#peer === null ? from : null) === false) this.#reading = false;
  }

  /** Deno 2.9.6 does not tell the zone of a source; on a link-local address there is one only. */
  #zoned(from: SocketAddress): SocketAddress {
    const local = this.#bound?.local ?? null;
    if (local?.family !== "inet6" || local.zone === null || from.family !== "inet6") return from;
    if (from === this.#from) return this.#fromZoned;
    this.#from = from;
    return this.#fromZoned = { ...from, zone: local.zone };
  }

  #fail(error: NetgraphError): void {
    if (this.#closed) return;
    this.abort();
    this.owner.failed(error);
  }

  async #release(): Promise<void> {
    this.#path?.remove();
    this.#bound?.close();
    if (this.#receiving !== null) await (this.#rested ??= Promise.withResolvers()).promise;
    await this.#sender?.idle();
    await this.#options.idle();
  }
}
