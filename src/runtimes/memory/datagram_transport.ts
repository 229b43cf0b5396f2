/**
 * Datagrams in memory. Datagrams that arrive while the owner does not read wait up to a limit; further ones are
 * dropped.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Octets } from "../../socket/socket.ts";
import type { DatagramEvents, DatagramPort, DatagramTransport } from "../core/datagram_transport.ts";
import { sameEnd, sourceFor } from "../core/endpoint_address.ts";
import { type MemoryHost, MemoryOptions } from "./host.ts";
import type { PortTable } from "./ports.ts";

/** The longest payload of UDP over IPv4. */
const MAX_DATAGRAM_BYTES = 65_507;

/** Like a system's receive buffer: datagrams beyond it are dropped. */
const RECEIVE_QUEUE_BYTES = 256 * 1024;

interface Waiting {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress;
}

/** Shared by all datagram sockets, which find each other by it. */
export interface DatagramHost extends MemoryHost {
  readonly datagrams: PortTable<MemoryDatagramTransport>;
}

/** A datagram socket in memory, which can send before it is bound. */
export class MemoryDatagramTransport implements DatagramTransport, DatagramPort {
  readonly queuedBytes = 0;
  readonly sendErrors: Map<string, number> = new Map();
  readonly options: MemoryOptions;
  local: SocketAddress | null = null;
  readonly #endpoint: Endpoint;
  readonly #host: DatagramHost;
  readonly #events: DatagramEvents;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #peer: SocketAddress | null = null;
  #reading = false;
  #scheduled = false;
  #closed = false;

  constructor(endpoint: Endpoint, host: DatagramHost, events: DatagramEvents) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.#events = events;
    this.options = new MemoryOptions(host, socketKind(endpoint));
  }

  get port(): DatagramPort {
    return this;
  }

  get isBound(): boolean {
    return this.local !== null;
  }

  bind(address: SocketAddress): DatagramPort {
    this.#host.faults.check("bind", sockaddr.format(address));
    this.local = this.#host.datagrams.take(address, this, { share: () => this.options.share });
    return this;
  }

  connect(address: SocketAddress): NetgraphError | null {
    const error = this.#host.faults.hit("connect", sockaddr.format(address));
    if (error !== null) return error;
    this.#bindFor(address);
    this.#peer = address;
    return null;
  }

  send(octets: Octets, to: SocketAddress | null, peer: SocketAddress | null): void {
    const target = to ?? peer;
    if (target === null) return;
    this.#bindFor(target);
    const code = this.#refusal(octets, target);
    if (code !== null) {
      this.sendErrors.set(code, (this.sendErrors.get(code) ?? 0) + 1);
      return;
    }
    const bytes = octets.buffer.bytes.slice(octets.offset, octets.offset + octets.length);
    const from = this.#source(target);
    this.#host.turns.post(() => this.#carry(bytes, { from, to: target }));
  }

  resume(): void {
    this.#reading = true;
    this.#schedule();
  }

  finish(): boolean {
    return false;
  }

  close(): null {
    this.#closed = true;
    this.#waiting.length = 0;
    if (this.local !== null) this.#host.datagrams.release(this.local, this);
    return null;
  }

  /** Releases its path after the path was removed: no datagram can reach it any more. */
  losePath(error: NetgraphError): void {
    if (this.local !== null) this.#host.datagrams.release(this.local, this);
    this.#host.turns.post(() => this.#closed || this.#events.failed(error));
  }

  /** An unbound socket takes a port; one of the local family stays without a name. */
  #bindFor(target: SocketAddress): void {
    if (this.local !== null) return;
    if (target.family === "local") this.local = { family: "local", path: "" };
    else this.local = this.#host.datagrams.take(sourceFor(this.#endpoint, target), this, { share: () => false });
  }

  #refusal(octets: Octets, target: SocketAddress): string | null {
    const fault = this.#host.faults.hit("send", sockaddr.format(target));
    if (fault !== null) return fault.code;
    if (octets.length > MAX_DATAGRAM_BYTES) return "EMSGSIZE";
    return target.family === "local" && this.#host.datagrams.find(target) === null ? "ENOENT" : null;
  }

  /**
   * The source that receivers see: if the socket has the wildcard, the address that the datagram was sent to, or
   * loopback.
   */
  #source(target: SocketAddress): SocketAddress {
    const local = this.local ?? sourceFor(this.#endpoint, null);
    if (!isWildcard(local) || !("port" in local)) return local;
    const asked = "asked" in target ? target.asked : undefined;
    return { ...local, host: asked ?? (local.family === "inet" ? "127.0.0.1" : "::1") };
  }

  #carry(bytes: Uint8Array<ArrayBuffer>, { from, to }: { from: SocketAddress; to: SocketAddress }): void {
    const accepts = (socket: MemoryDatagramTransport) => socket.#peer === null || sameEnd(socket.#peer, from);
    const receiver = this.#host.reachable(to) ? this.#host.datagrams.find(to, accepts) : null;
    if (receiver === null || receiver.#waitingBytes + bytes.length > RECEIVE_QUEUE_BYTES) return this.#host.lost();
    const asks = "port" in from && "port" in to && receiver.local !== null && isWildcard(receiver.local);
    receiver.#waiting.push({ bytes, from: asks ? { ...from, asked: to.host } : from });
    receiver.#waitingBytes += bytes.length;
    receiver.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#reading || this.#closed || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#host.turns.post(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (!this.#reading || this.#closed) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const { bytes, from } = next;
    this.#waitingBytes -= bytes.length;
    const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
    if (this.#events.arrived(octets, from) === false) this.#reading = false;
    this.#schedule();
  }
}
