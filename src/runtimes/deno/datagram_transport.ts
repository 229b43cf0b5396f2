/**
 * Datagrams over `Deno.listenDatagram` (UDP and unix datagrams). Deno has no connected datagram socket.
 *
 * @module
 */

import type { BufferPool, SharedBuffer } from "../../buffer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Octets } from "../../socket/socket.ts";
import type { DatagramEvents, DatagramPort, DatagramTransport } from "../core/datagram_transport.ts";
import type { LocalPath } from "../core/local_path.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { SocketOptions } from "../core/socket_options.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { AddressCache } from "./address.ts";
import { type BoundDatagrams, openDatagrams } from "./calls.ts";
import { DATAGRAM_RULES, DenoDatagramOptions } from "./datagram_options.ts";
import { DenoDatagramSender } from "./datagram_sender.ts";

/** The largest IP datagram fits, so that none is truncated: Deno does not report truncation. */
const RECEIVE_BYTES = 64 * 1024;

/** The size for datagrams of the local family, which are larger; one that fills it was probably truncated. */
const LOCAL_RECEIVE_BYTES = 256 * 1024;

/** Errors of a receive that concern one datagram, or an earlier send, rather than the socket. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EMSGSIZE",
]);

const NOWHERE: SocketAddress = { family: "local", path: "" };

/** A datagram socket on Deno, which is created by its bind. */
export class DenoDatagramTransport implements DatagramTransport {
  readonly port = null;
  readonly options: DenoDatagramOptions;
  readonly #endpoint: Endpoint;
  readonly #host: SocketHost;
  readonly #events: DatagramEvents;

  constructor(endpoint: Endpoint, host: SocketHost, events: DatagramEvents) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.#events = events;
    const options = new SocketOptions(socketKind(endpoint), DATAGRAM_RULES);
    this.options = new DenoDatagramOptions(options, (error) => events.failed(error));
  }

  bind(address: SocketAddress, path: LocalPath | null): DatagramPort {
    const bound = openDatagrams(address, { ...this.options.atBind, mode: path?.mode ?? null });
    if (bound.conn !== null) this.options.applyTo(bound.conn);
    const receiveBytes = this.#endpoint.family === "local" ? LOCAL_RECEIVE_BYTES : RECEIVE_BYTES;
    const parts = { pool: this.#host.pool, options: this.options, events: this.#events, receiveBytes };
    return new DenoDatagramPort(bound, parts);
  }
}

/** The parts of an open socket, beside the socket itself. */
interface PortParts {
  readonly pool: BufferPool;
  readonly options: DenoDatagramOptions;
  readonly events: DatagramEvents;
  readonly receiveBytes: typeof RECEIVE_BYTES | typeof LOCAL_RECEIVE_BYTES;
}

/** A datagram socket that has an address. */
class DenoDatagramPort implements DatagramPort {
  readonly isBound = true;
  readonly #bound: BoundDatagrams;
  readonly #parts: PortParts;
  readonly #events: DatagramEvents;
  readonly #sender: DenoDatagramSender;
  readonly #addresses = new AddressCache();
  #reading = false;
  #closed = false;
  /** The last source as reported by Deno, and with its zone. */
  #from: SocketAddress | null = null;
  #fromZoned: SocketAddress = NOWHERE;
  /** The buffer for a datagram; null while no receive is pending. */
  #receiving: SharedBuffer | null = null;
  /** Resolves when no receive is pending. */
  #rested: PromiseWithResolvers<void> | null = null;
  // Two callbacks follow every receive, rather than an `async` function: its allocations would cost as much as the
  // rest.
  readonly #came = ([bytes, source]: [Uint8Array, Deno.Addr]): void => this.#arrived(bytes, source);
  readonly #broke = (error: unknown): void => this.#failedToReceive(error);

  constructor(bound: BoundDatagrams, parts: PortParts) {
    this.#bound = bound;
    this.#parts = parts;
    this.#events = parts.events;
    this.#sender = new DenoDatagramSender(bound.sink, () => parts.events.drained());
  }

  get local(): SocketAddress {
    return this.#bound.local;
  }

  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#sender.errors;
  }

  send(octets: Octets, to: SocketAddress | null, peer: SocketAddress | null): void | false {
    const target = to ?? peer;
    if (target !== null) return this.#sender.send(octets, this.#addresses.toDeno(target));
  }

  resume(): void {
    this.#reading = true;
    const { conn } = this.#bound;
    if (conn === null || this.#receiving !== null) return;
    this.#receive(conn, this.#parts.pool.take(this.#parts.receiveBytes));
  }

  finish(): boolean {
    if (!this.#sender.busy) return false;
    this.#reading = false;
    void this.#sender.idle().then(() => this.#events.flushed());
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#reading = false;
    this.#sender.stop();
    this.#bound.close();
    if (this.#receiving !== null) await (this.#rested ??= Promise.withResolvers()).promise;
    await this.#sender.idle();
    await this.#parts.options.idle();
  }

  #receive(conn: Deno.DatagramConn, buffer: SharedBuffer): void {
    this.#receiving = buffer;
    conn.receive(buffer.bytes).then(this.#came, this.#broke);
  }

  #arrived(bytes: Uint8Array, source: Deno.Addr): void {
    const buffer = this.#receiving;
    if (buffer === null) return;
    // A datagram that arrives after the socket was closed is dropped.
    if (this.#reading) this.#received({ buffer, offset: 0, length: bytes.length }, source);
    this.#receiveNext(buffer);
  }

  #failedToReceive(error: unknown): void {
    const buffer = this.#receiving;
    if (buffer === null) return;
    const passes = this.#closed || PASSING.has(systemErrorCode(error));
    if (!passes) this.#events.failed(systemError(error, "Cannot receive"));
    this.#receiveNext(buffer);
  }

  /** A buffer that the owner kept is released and replaced. */
  #receiveNext(buffer: SharedBuffer): void {
    const { conn } = this.#bound;
    const goesOn = this.#reading && conn !== null;
    if (goesOn && buffer.exclusive) return this.#receive(conn, buffer);
    buffer.release();
    if (goesOn) return this.#receive(conn, this.#parts.pool.take(this.#parts.receiveBytes));
    this.#receiving = null;
    this.#rested?.resolve();
    this.#rested = null;
  }

  #received(octets: Octets, source: Deno.Addr): void {
    if (octets.length === LOCAL_RECEIVE_BYTES) return this.#sender.count("EMSGSIZE");
    const from = this.#zoned(this.#addresses.fromDeno(source));
    if (this.#events.arrived(octets, from) === false) this.#reading = false;
  }

  /** Deno 2.9.6 does not report the zone of a source; a link-local address has only one. */
  #zoned(from: SocketAddress): SocketAddress {
    const { local } = this.#bound;
    if (local.family !== "inet6" || local.zone === null || from.family !== "inet6") return from;
    if (from === this.#from) return this.#fromZoned;
    this.#from = from;
    return this.#fromZoned = { ...from, zone: local.zone };
  }
}
