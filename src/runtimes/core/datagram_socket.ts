/**
 * Datagram sockets of every runtime. Phases, rules, errors and the calls to the owner are here; the transport contains
 * what is specific to a runtime.
 *
 * An unbound socket takes an address when it connects or sends. Once it is connected, it receives only from its peer,
 * whether or not the system knows the peer.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import type { DatagramEvents, DatagramPort, DatagramTransport } from "./datagram_transport.ts";
import { checkFamily, sameEnd, sourceFor } from "./endpoint_address.ts";
import { Lingering } from "./lingering.ts";
import { LocalPath } from "./local_path.ts";
import { UNSET_OWNER } from "./unset_owner.ts";
import type { SocketHost } from "./socket_host.ts";
import { closedError, NO_SEND_ERRORS } from "./stream_rules.ts";

type State = { readonly kind: "open" } | Lingering<null> | { readonly kind: "closed" };

const OPEN: State = { kind: "open" };
const CLOSED: State = { kind: "closed" };

/** A datagram socket. */
export class DatagramSocket implements Socket, DatagramEvents {
  readonly endpoint: Endpoint;
  owner: SocketOwner = UNSET_OWNER;
  readonly #host: SocketHost;
  readonly #place: number;
  readonly #transport: DatagramTransport;
  /** Null until it has an address, where the system does not assign one on opening. */
  #port: DatagramPort | null;
  #state: State = OPEN;
  #peer: SocketAddress | null = null;
  /** The last address that was found to be of the socket's family. */
  #checked: SocketAddress | null = null;
  #path: LocalPath | null = null;
  /** The owner asked to read before there was a port. */
  #isReading = false;
  /** True when it was bound to an address, for clients to send to. */
  #isServer = false;

  /** @param makeTransport creates the transport, with the object that it reports to */
  constructor(endpoint: Endpoint, host: SocketHost, makeTransport: (events: DatagramEvents) => DatagramTransport) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#transport = makeTransport(this);
    this.#port = this.#transport.port;
    this.#place = host.sockets.add(this);
    if (endpoint.family === "local" && host.paths !== null) this.#path = new LocalPath(host.paths);
  }

  get local(): SocketAddress | null {
    return this.#port?.local ?? null;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#port?.queuedBytes ?? 0;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#port?.sendErrors ?? NO_SEND_ERRORS;
  }

  get lostDatagrams(): number | null {
    return this.#state.kind === "open" ? this.#port?.lostDatagrams ?? null : null;
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${sockaddr.format(address)}`;
    this.#requireOpen(action);
    if (this.#isBound) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    this.#checkFamily(address);
    this.#bind(address);
    this.#isServer = true;
    this.#host.descriptors.addServer();
    return "done";
  }

  setPathMode(mode: number): void {
    this.#requireOpen("Cannot set the mode of a path");
    if (this.#path === null) return;
    this.#path.setMode(mode);
    if (!this.#isBound) this.#transport.presetMode?.(mode);
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    this.#requireOpen(`Cannot connect to ${sockaddr.format(address)}`);
    this.#checkFamily(address);
    const port = this.#port ?? this.#bind(sourceFor(this.endpoint, address));
    const error = port.connect?.(address) ?? null;
    if (error === null) this.#peer = address;
    done(error);
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    if (this.#state !== OPEN) throw closedError("Cannot send");
    if (to !== null) this.#checkFamily(to);
    else if (this.#peer === null) {
      throw new NetgraphError("ENOTCONN", "Cannot send: not connected, and no address is given");
    }
    const port = this.#port ?? this.#bind(sourceFor(this.endpoint, null));
    return port.send(octets, to, this.#peer);
  }

  resume(): void {
    if (this.#state !== OPEN) return;
    this.#isReading = true;
    this.#port?.resume();
  }

  setOption(option: SocketOption): void {
    this.#requireOpen("Cannot set an option");
    this.#transport.options.set(option, this.#isBound);
  }

  getOption(asked: SocketOption): SocketOption {
    this.#requireOpen("Cannot read an option");
    return this.#transport.options.get(asked);
  }

  close(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "lingering") return state.addCallback(released);
    if (state.kind === "closed" || this.#port?.finish() !== true) return this.abort(released);
    const lingering = new Lingering(null, this.#host.clock, () => this.abort());
    lingering.addCallback(released);
    this.#state = lingering;
  }

  abort(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "closed") {
      if (released !== undefined) this.#host.later(released);
      return;
    }
    this.#state = CLOSED;
    this.#path?.remove();
    if (this.#isServer) this.#host.descriptors.removeServer();
    const whenReleased = state.kind === "lingering" ? state.end(released) : released;
    this.#host.sockets.ended(this.#place, this.#port?.close() ?? null, whenReleased);
  }

  // Operations that only streams have

  listen(_backlog: number): void {
    throw new NetgraphError("EOPNOTSUPP", "Cannot listen: a datagram socket accepts no connections");
  }

  accept(): void {
    throw new NetgraphError("EINVAL", "Cannot accept: a datagram socket accepts no connections");
  }

  /** Does nothing: a datagram socket connects immediately, so a connect is never in progress. */
  cancelConnect(): void {}

  /** Does nothing: a datagram socket has no end of stream to send. */
  shutdown(): void {}

  // What the transport reports

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const peer = this.#peer;
    if (peer === null) return this.owner.arrived(octets, from);
    if (from === null || sameEnd(from, peer)) return this.owner.arrived(octets, null);
  }

  drained(): void {
    if (this.#state === OPEN) this.owner.drained();
  }

  flushed(): void {
    if (this.#state.kind === "lingering") this.abort();
  }

  failed(error: NetgraphError): void {
    const { kind } = this.#state;
    if (kind === "closed") return;
    this.abort();
    if (kind === "open") this.owner.failed(error);
  }

  get #isBound(): boolean {
    return this.#port?.isBound === true;
  }

  #bind(address: SocketAddress): DatagramPort {
    const path = this.#path;
    const port = this.#host.descriptors.watch(() => this.#transport.bind(address, path));
    this.#port = port;
    path?.made(address);
    path?.watch((error) => this.failed(error));
    if (this.#isReading) port.resume();
    return port;
  }

  /** A flow to one end is checked once. */
  #checkFamily(address: SocketAddress): void {
    if (address === this.#checked) return;
    checkFamily(this.endpoint, address);
    this.#checked = address;
  }

  #requireOpen(action: string): void {
    if (this.#state !== OPEN) throw closedError(action);
  }
}
