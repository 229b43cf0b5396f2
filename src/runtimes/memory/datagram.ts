/**
 * Datagram sockets in memory. What comes while the owner does not read waits up to a bound, then it is lost.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import { NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import { Connectionless } from "../connectionless.ts";
import { checkFamily, sameEnd, sourceFor } from "../endpoint_address.ts";
import { MEMORY_CAPABILITIES } from "./capabilities.ts";
import { type MemoryHost, setMemoryOption } from "./host.ts";
import type { PortTable } from "./ports.ts";
import { NO_OWNER } from "../no_owner.ts";
import { SocketOptions } from "../socket_options.ts";

/** What UDP over IPv4 can carry. */
const MAX_DATAGRAM_BYTES = 65_507;

/** As a system's receive buffer: beyond it datagrams are lost. */
const RECEIVE_QUEUE_BYTES = 256 * 1024;

interface Waiting {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress;
}

/** What datagram sockets share: how they find each other. */
export interface DatagramHost extends MemoryHost {
  readonly datagrams: PortTable<MemoryDatagramSocket>;
}

/** A datagram socket in memory. */
export class MemoryDatagramSocket extends Connectionless implements Socket {
  readonly endpoint: Endpoint;
  readonly queuedBytes = 0;
  readonly sendErrors: Map<string, number> = new Map();
  owner: SocketOwner = NO_OWNER;
  readonly #host: DatagramHost;
  readonly #options: SocketOptions;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #local: SocketAddress | null = null;
  #peer: SocketAddress | null = null;
  #reading = false;
  #scheduled = false;
  #closed = false;

  constructor(endpoint: Endpoint, host: DatagramHost) {
    super();
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = new SocketOptions(socketKind(endpoint), MEMORY_CAPABILITIES, { defaults: {} });
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    return this.#local;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  bind(address: SocketAddress): Bound {
    const text = sockaddr.format(address);
    this.#requireOpen(`Cannot bind ${text}`);
    if (this.#local !== null) throw new NetgraphError("EINVAL", `Cannot bind ${text}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    this.#host.faults.check("bind", text);
    const share = (): boolean => this.#options.number("SO_REUSEPORT") !== 0;
    this.#local = this.#host.datagrams.take(address, this, { share });
    return "done";
  }

  /** Everybody in memory is one and the same user. */
  setPathMode(_mode: number): void {}

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    const text = sockaddr.format(address);
    this.#requireOpen(`Cannot connect to ${text}`);
    checkFamily(this.endpoint, address);
    const error = this.#host.faults.hit("connect", text);
    if (error === null) {
      this.#bindFor(address);
      this.#peer = address;
    }
    done(error);
  }

  send(octets: Octets, to: SocketAddress | null): void {
    this.#requireOpen("Cannot send");
    const target = to ?? this.#peer;
    if (target === null) throw new NetgraphError("ENOTCONN", "Cannot send: not connected, and no address is given");
    checkFamily(this.endpoint, target);
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

  setOption(option: SocketOption): void {
    this.#requireOpen("Cannot set an option");
    setMemoryOption(this.#host, this.#options, option);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    this.abort(released);
  }

  abort(released?: () => void): void {
    if (this.#closed) return this.#host.registry.released(released);
    this.#closed = true;
    this.#waiting.length = 0;
    if (this.#local !== null) this.#host.datagrams.release(this.#local, this);
    this.#host.registry.remove(this, Promise.resolve(), released);
  }

  /** Gives its path up, which somebody has removed: nobody can reach it any more. */
  losePath(error: NetgraphError): void {
    if (this.#local !== null) this.#host.datagrams.release(this.#local, this);
    this.#host.turns.post(() => {
      if (this.#closed) return;
      this.abort();
      this.owner.failed(error);
    });
  }

  #requireOpen(action: string): void {
    if (this.#closed) throw new NetgraphError("EBADF", `${action}: the socket is closed`);
  }

  /** A socket that nobody bound takes a port; one of the local family stays without a name. */
  #bindFor(target: SocketAddress): void {
    if (this.#local !== null) return;
    if (target.family === "local") this.#local = { family: "local", path: "" };
    else this.#local = this.#host.datagrams.take(sourceFor(this.endpoint, target), this, { share: () => false });
  }

  #refusal(octets: Octets, target: SocketAddress): string | null {
    const fault = this.#host.faults.hit("send", sockaddr.format(target));
    if (fault !== null) return fault.code;
    if (octets.length > MAX_DATAGRAM_BYTES) return "EMSGSIZE";
    return target.family === "local" && this.#host.datagrams.find(target) === null ? "ENOENT" : null;
  }

  /** Who receivers see: where the socket has the wildcard, the address that was asked, or loopback. */
  #source(target: SocketAddress): SocketAddress {
    const local = this.#local ?? sourceFor(this.endpoint, null);
    if (!isWildcard(local) || !("port" in local)) return local;
    const asked = "asked" in target ? target.asked : undefined;
    return { ...local, host: asked ?? (local.family === "inet" ? "127.0.0.1" : "::1") };
  }

  #carry(bytes: Uint8Array<ArrayBuffer>, { from, to }: { from: SocketAddress; to: SocketAddress }): void {
    const accepts = (socket: MemoryDatagramSocket) => socket.#peer === null || sameEnd(socket.#peer, from);
    const receiver = this.#host.reachable(to) ? this.#host.datagrams.find(to, accepts) : null;
    if (receiver === null || receiver.#waitingBytes + bytes.length > RECEIVE_QUEUE_BYTES) return this.#host.lost();
    const asks = "port" in from && "port" in to && receiver.#local !== null && isWildcard(receiver.#local);
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
    if (this.owner.arrived(octets, this.#peer === null ? from : null) === false) this.#reading = false;
    this.#schedule();
  }
}
