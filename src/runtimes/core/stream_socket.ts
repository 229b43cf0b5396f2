/**
 * Stream sockets of every runtime: one object that becomes a listener or a connection, as a socket of the system does.
 * Phases, rules, errors and the calls to the owner are here; the transport contains what is specific to a runtime.
 *
 * ```text
 * open ─ listen ──▶ listening ────────────────────────▶ closed
 *   └─── connect ─▶ connecting ─▶ connected ─ close ─▶ lingering ─▶ closed
 * ```
 *
 * Data that is sent while connecting waits here, and is kept if the attempt fails.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner, TakeBeforeTls } from "../../socket/socket.ts";
import type { TlsOptions, TlsSessionInfo, TlsState } from "../../socket/tls.ts";
import { checkFamily } from "./endpoint_address.ts";
import { Lingering } from "./lingering.ts";
import { LocalPath } from "./local_path.ts";
import { UNSET_OWNER } from "./unset_owner.ts";
import { newOutQueue, type OutQueue } from "./out_queue.ts";
import type { SocketHost } from "./socket_host.ts";
import type { StreamLayer } from "./stream_layer.ts";
import {
  bindAction,
  closedError,
  connectAction,
  connectError,
  NO_SEND_ERRORS,
  notListening,
  notNew,
  requireConnection,
  requireSending,
  sendingEnded,
} from "./stream_rules.ts";
import { sendPreamble } from "./send_preamble.ts";
import { CLOSED, type Done, releaseItem, type State } from "./stream_state.ts";
import type {
  ConnectEvents,
  Ending,
  ListenEvents,
  OptionStore,
  StreamConnection,
  StreamLower,
  StreamTransport,
  StreamUpper,
} from "./stream_transport.ts";

/** A stream socket. */
export class StreamSocket implements Socket, ListenEvents, ConnectEvents, StreamUpper {
  readonly endpoint: Endpoint;
  owner: SocketOwner = UNSET_OWNER;
  readonly #host: SocketHost;
  readonly #place: number;
  #state: State;
  /** Knows the addresses, also after the end. */
  #ends: { readonly local: SocketAddress | null; readonly peer?: SocketAddress | null };
  /** The address that it was bound to. */
  #bound: SocketAddress | null = null;
  #path: LocalPath | null = null;
  /** The connection or the highest layer on it; null while not connected. */
  #lower: StreamLower | null = null;
  /** Connected, early data is sent, and the own direction has not ended: a send goes directly to the layer below. */
  #isSending = false;
  #isEnding = false;
  /** The owner asked to read before there was a connection. */
  #isReading = false;
  /** Data that was sent before there was a connection. */
  #early: OutQueue | null = null;
  /** The first bytes that a connection sends. */
  #preamble: Uint8Array<ArrayBuffer> | null = null;

  /** @param part a transport for a new socket, or the connection of an accepted socket */
  constructor(endpoint: Endpoint, host: SocketHost, part: StreamTransport | StreamConnection) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#state = part;
    this.#ends = part;
    this.#place = host.sockets.add(this);
    if (part.kind === "connected") {
      part.upper = this;
      this.#lower = part;
      this.#isSending = true;
    } else if (endpoint.family === "local" && host.paths !== null) {
      this.#path = new LocalPath(host.paths);
    }
  }

  get local(): SocketAddress | null {
    return this.#ends.local ?? this.#bound;
  }

  get peer(): SocketAddress | null {
    return this.#ends.peer ?? null;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return NO_SEND_ERRORS;
  }

  get queuedBytes(): number {
    return (this.#early?.bytes ?? 0) + (this.#lower?.queuedBytes ?? 0);
  }

  get ackedBytes(): number | null {
    return this.#connection?.ackedBytes ?? null;
  }

  get backlogNote(): string | null {
    return this.#state.kind === "listening" ? this.#state.backlogNote ?? null : null;
  }

  get tls(): TlsSessionInfo | null {
    return this.#connection?.tls ?? null;
  }

  get tlsState(): TlsState | null {
    const state = this.#state;
    return state.kind === "open" || state.kind === "listening" ? state.tlsState ?? null : null;
  }

  setTls(options: TlsOptions, changed?: () => void): void {
    const state = this.#state;
    if (state.kind !== "open" && state.kind !== "listening") throw notNew(state.kind, "bind", "Cannot configure TLS");
    if (state.setTls === undefined) {
      throw new NetgraphError("EOPNOTSUPP", "Cannot configure TLS: its protocol is not tls");
    }
    state.setTls(options, changed);
  }

  secured(done: () => void): void {
    const connection = this.#connection;
    if (connection?.secured === undefined) throw new NetgraphError("ENOTCONN", "Cannot wait for TLS: it has none");
    connection.secured(done);
  }

  beforeTls(take: TakeBeforeTls): void {
    this.#connection?.beforeTls?.(take);
  }

  bind(address: SocketAddress): Bound {
    const state = this.#state;
    const action = bindAction(address);
    if (state.kind !== "open") throw notNew(state.kind, "bind", action);
    if (this.#bound !== null) throw new NetgraphError("EINVAL", `${action}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    const bound = state.bind(address);
    this.#bound = address;
    if (bound === "done") this.#path?.made(address);
    return bound;
  }

  setPathMode(mode: number): void {
    const state = this.#state;
    if (state.kind === "closed") throw closedError("Cannot set the mode of a path");
    if (this.#path === null) return;
    this.#path.setMode(mode);
    if (state.kind === "open" && this.#bound === null) state.presetMode?.(mode);
  }

  listen(backlog: number): void {
    const state = this.#state;
    if (state.kind === "listening") return state.setBacklog(backlog);
    if (state.kind !== "open") throw notNew(state.kind, "listen", "Cannot listen");
    const listening = state.listen({ bound: this.#bound, backlog, path: this.#path, events: this });
    this.#host.descriptors.addServer();
    this.#state = listening;
    this.#ends = listening;
    this.#watchPath(listening.local);
  }

  accept(): void {
    if (this.#state.kind !== "listening") throw notListening();
    this.#state.accept();
  }

  connect(address: SocketAddress, done: Done): void {
    const state = this.#state;
    if (state.kind !== "open") throw notNew(state.kind, "connect", connectAction(address));
    checkFamily(this.endpoint, address);
    const attempt = state.connect(address, { bound: this.#bound, events: this, preamble: this.#preamble });
    this.#state = { kind: "connecting", transport: state, attempt, address, done };
  }

  setPreamble(bytes: Uint8Array<ArrayBuffer> | null): void {
    this.#preamble = bytes;
  }

  cancelConnect(): void {
    if (this.#state.kind === "connecting") this.#state.attempt.cancel();
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    const lower = this.#lower;
    if (lower !== null && this.#isSending && to === null) return lower.send(octets);
    return this.#sendEarly(octets, to);
  }

  shutdown(): void {
    requireConnection(this.#state.kind, "Cannot shut down");
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#isSending) this.#lower?.end();
    this.#isSending = false;
  }

  resume(): void {
    if (this.#lower === null) this.#isReading = true;
    else this.#lower.resume();
  }

  setOption(option: SocketOption): void {
    const state = this.#state;
    this.#options("Cannot set an option").set(option, state.kind !== "open");
    if (state.kind === "connected") state.applyOption?.(option);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options("Cannot read an option").get(asked);
  }

  close(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "lingering") return state.addCallback(released);
    if (state.kind !== "connected" || this.#lower?.finish() !== true) return this.#end("closed", released);
    const lingering = new Lingering(state, this.#host.clock, () => this.#end("aborted"));
    lingering.addCallback(released);
    this.#state = lingering;
    this.#isSending = false;
  }

  abort(released?: () => void): void {
    const state = this.#state;
    // The system has all of its data: there is nothing left to drop.
    if (state.kind === "lingering" && this.queuedBytes === 0) return state.addCallback(released);
    this.#end("aborted", released);
  }

  /**
   * Puts a layer on the connection, above those that are there. Must be called before any data has passed: from within
   * `accepted` or `done`.
   *
   * @param make makes a layer above `lower`
   * @throws NetgraphError ENOTCONN
   */
  addLayer(make: (lower: StreamLower) => StreamLayer): void {
    const lower = this.#lower;
    if (lower === null) throw new NetgraphError("ENOTCONN", "Cannot add a layer: not connected");
    const layer = make(lower);
    layer.upper = this;
    lower.upper = layer;
    this.#lower = layer;
  }

  // Reports of the transport and the layers

  accepted(connection: StreamConnection): void {
    const child = new StreamSocket(this.endpoint, this.#host, connection);
    this.owner.accepted(child);
    if (child.owner === UNSET_OWNER) child.abort();
  }

  acceptFailed(error: NetgraphError): void {
    this.#host.descriptors.failed(error);
    this.owner.acceptFailed(error);
  }

  connected(connection: StreamConnection): void {
    const state = this.#state;
    if (state.kind !== "connecting") return void connection.close("aborted");
    this.#state = connection;
    this.#ends = connection;
    connection.upper = this;
    this.#lower = connection;
    // With TLS it is sent below the handshake.
    if (this.#preamble !== null && !this.endpoint.tls) sendPreamble(connection, this.#preamble);
    state.done(null);
    if (this.#state === connection && this.#lower !== null) this.#begin(this.#lower);
  }

  connectFailed(error: NetgraphError): void {
    const state = this.#state;
    if (state.kind !== "connecting") return;
    this.#host.descriptors.failed(error);
    this.#state = state.transport;
    state.done(connectError(error, connectAction(state.address)));
  }

  connectCanceled(): void {
    const state = this.#state;
    if (state.kind !== "connecting") return;
    this.connectFailed(new NetgraphError("ECANCELED", `${connectAction(state.address)}: it was canceled`));
  }

  arrived(octets: Octets): void | false {
    return this.owner.arrived(octets, null);
  }

  directTarget(): StreamLower | null {
    const target = this.owner.directTarget?.() ?? null;
    return target instanceof StreamSocket && target.#isSending ? target.#lower : null;
  }

  passed(bytes: number, isFull: boolean): void | false {
    return this.owner.passed?.(bytes, isFull);
  }

  ended(): void {
    this.owner.ended();
  }

  drained(): void {
    if (this.#state.kind === "connected") this.owner.drained();
  }

  flushed(): void {
    if (this.#state.kind === "lingering") this.#end("closed");
  }

  failed(error: NetgraphError): void {
    const { kind } = this.#state;
    if (kind === "closed") return;
    this.#end("failed");
    if (kind !== "lingering") this.owner.failed(error);
  }

  get #connection(): StreamConnection | null {
    const state = this.#state;
    if (state.kind === "connected") return state;
    return state.kind === "lingering" ? state.socket : null;
  }

  #options(action: string): OptionStore {
    const state = this.#state;
    switch (state.kind) {
      case "closed":
      case "lingering":
        throw closedError(action);
      case "connecting":
        return state.transport.options;
      default:
        return state.options;
    }
  }

  /** Keeps data until there is a connection, or rejects it. */
  #sendEarly(octets: Octets, to: SocketAddress | null): void | false {
    requireSending(this.#state.kind, to);
    if (this.#isEnding) throw sendingEnded();
    if (octets.length === 0) return;
    this.#early ??= newOutQueue(this.endpoint, this.#host.pool);
    this.#early.push(octets);
    if (this.#early.bytes > this.#host.earlyBytes) return false;
  }

  /** Sends early data, ends if that was requested, and reads. */
  #begin(lower: StreamLower): void {
    const early = this.#early;
    this.#early = null;
    const wasFull = early !== null && early.bytes > this.#host.earlyBytes;
    let isFull = false;
    for (let octets = early?.shift() ?? null; octets !== null; octets = early?.shift() ?? null) {
      if (lower.send(octets) === false) isFull = true;
      octets.buffer.release();
    }
    if (this.#isEnding) lower.end();
    else this.#isSending = true;
    if (this.#isReading) lower.resume();
    if (wasFull && !isFull) this.owner.drained();
  }

  #watchPath(local: SocketAddress | null): void {
    const path = this.#path;
    if (path === null) return;
    if (local !== null) path.made(local);
    path.watch((error) => this.failed(error));
  }

  /** Releases everything. */
  #end(how: Ending, released?: () => void): void {
    const state = this.#state;
    if (state.kind === "closed") {
      if (released !== undefined) this.#host.later(released);
      return;
    }
    this.#state = CLOSED;
    this.#lower = null;
    this.#isSending = false;
    this.#early?.clear();
    this.#early = null;
    // Some hosts remove the path of a listener on their own.
    if (state.kind === "listening") this.#host.descriptors.removeServer();
    else this.#path?.remove();
    const whenReleased = state.kind === "lingering" ? state.end(released) : released;
    this.#host.sockets.ended(this.#place, releaseItem(state, how), whenReleased);
  }
}
