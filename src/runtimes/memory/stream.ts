/**
 * Stream sockets in memory: listeners with a backlog, connections of two finite pipes, half-close, and resets.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Timer } from "../../clock.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import { type Bound, LINGER_MS, type Octets, type Socket, type SocketOwner } from "../../socket/socket.ts";
import { checkFamily, sourceFor, wildcardOf } from "../endpoint_address.ts";
import { MemoryBacklog } from "./backlog.ts";
import { MEMORY_CAPABILITIES } from "./capabilities.ts";
import { type MemoryHost, setMemoryOption } from "./host.ts";
import type { PortTable } from "./ports.ts";
import { MemoryPipe } from "./pipe.ts";
import { NO_OWNER } from "../no_owner.ts";
import {
  NO_SEND_ERRORS,
  notListening,
  requireConnection,
  requireNew,
  requireSending,
  sendingEnded,
} from "../stream_rules.ts";
import { SocketOptions } from "../socket_options.ts";

type Done = (error: NetgraphError | null) => void;

type State =
  | { readonly kind: "open" }
  | { readonly kind: "listening"; readonly backlog: MemoryBacklog<MemoryStreamSocket> }
  | { readonly kind: "connecting"; readonly address: SocketAddress; readonly done: Done; readonly givenUp: boolean }
  | { readonly kind: "connected"; readonly other: MemoryStreamSocket }
  /** Closed by its owner, with data on its way. */
  | { readonly kind: "closing"; readonly other: MemoryStreamSocket; readonly released: (() => void) | undefined }
  | { readonly kind: "dead" };

/** What streams share: how they find each other. */
export interface StreamHost extends MemoryHost {
  readonly streams: PortTable<MemoryStreamSocket>;
}

/** A stream socket in memory. */
export class MemoryStreamSocket implements Socket {
  readonly endpoint: Endpoint;
  readonly sendErrors: ReadonlyMap<string, number> = NO_SEND_ERRORS;
  owner: SocketOwner = NO_OWNER;
  readonly #host: StreamHost;
  readonly #options: SocketOptions;
  readonly #outgoing: MemoryPipe;
  #state: State = { kind: "open" };
  #local: SocketAddress | null = null;
  #peer: SocketAddress | null = null;
  /** True where the address is ours alone, and not the listener's. */
  #holding = false;
  #reading = false;
  #linger: Timer | null = null;

  constructor(endpoint: Endpoint, host: StreamHost, options: SocketOptions | null = null) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = options ?? new SocketOptions(socketKind(endpoint), MEMORY_CAPABILITIES, { defaults: {} });
    this.#outgoing = new MemoryPipe(host, {
      drained: () => this.#state.kind === "connected" && this.owner.drained(),
      flushed: () => this.#state.kind === "closing" && this.#finish(),
    });
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    return this.#local;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes;
  }

  get ackedBytes(): number {
    return this.#outgoing.takenBytes;
  }

  bind(address: SocketAddress): Bound {
    const text = sockaddr.format(address);
    requireNew(this.#state.kind, "bind", `Cannot bind ${text}`);
    if (this.#local !== null) throw new NetgraphError("EINVAL", `Cannot bind ${text}: the socket is bound already`);
    checkFamily(this.endpoint, address);
    this.#host.faults.check("bind", text);
    this.#take(address);
    return "done";
  }

  listen(backlog: number): void {
    if (this.#state.kind === "listening") return;
    requireNew(this.#state.kind, "listen", "Cannot listen");
    if (this.#local === null) this.#take(wildcardOf(this.endpoint));
    this.#host.faults.check("listen", sockaddr.format(this.#local ?? wildcardOf(this.endpoint)));
    const queue = new MemoryBacklog<MemoryStreamSocket>(this.#host, {
      size: Math.max(1, backlog),
      address: this.#local ?? wildcardOf(this.endpoint),
      admit: (client) => this.#admit(client),
      alive: (child) => child.#state.kind !== "dead",
      accepted: (child) => this.#accepted(child),
      paused: (error) => this.owner.acceptFailed(error),
    });
    this.#state = { kind: "listening", backlog: queue };
  }

  accept(): void {
    if (this.#state.kind !== "listening") throw notListening();
    this.#state.backlog.want();
  }

  /** Everybody in memory is one and the same user. */
  setPathMode(_mode: number): void {}

  connect(address: SocketAddress, done: Done): void {
    const text = sockaddr.format(address);
    requireNew(this.#state.kind, "connect", `Cannot connect to ${text}`);
    checkFamily(this.endpoint, address);
    if (this.#local === null) {
      if (address.family === "local") this.#local = { family: "local", path: "" };
      else this.#take(sourceFor(this.endpoint, address));
    }
    const state: State = { kind: "connecting", address, done, givenUp: false };
    this.#state = state;
    this.#host.turns.post(() => this.#state === state && this.#dial(address, text));
  }

  cancelConnect(): void {
    if (this.#state.kind !== "connecting") return;
    const state: State = { ...this.#state, givenUp: true };
    this.#state = state;
    this.#host.turns.post(() => this.#state === state && this.#refuse("ECANCELED"));
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    const state = this.#state;
    requireSending(state.kind, to);
    if (this.#outgoing.ending) throw sendingEnded();
    if (state.kind !== "connected" || state.other.#state.kind !== "dead") return this.#outgoing.send(octets);
    this.#host.turns.post(() => this.#fail("ECONNRESET"));
  }

  shutdown(): void {
    requireConnection(this.#state.kind, "Cannot shut down");
    this.#outgoing.end();
  }

  resume(): void {
    this.#reading = true;
    if (this.#state.kind === "connected") this.#state.other.#outgoing.resume();
  }

  setOption(option: SocketOption): void {
    if (this.#state.kind === "dead") throw new NetgraphError("EBADF", "Cannot set an option: the socket is closed");
    setMemoryOption(this.#host, this.#options, option);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "closing") return this.#host.registry.released(released);
    if (state.kind !== "connected" || this.#outgoing.done || state.other.#state.kind === "dead") {
      return this.#end({ reset: false, released });
    }
    this.#state = { kind: "closing", other: state.other, released };
    this.#outgoing.end();
    state.other.#outgoing.discard();
    this.#linger = this.#host.clock.after(LINGER_MS, () => this.#end({ reset: true, released }));
  }

  abort(released?: () => void): void {
    if (this.#state.kind === "closing") return this.#host.registry.released(released);
    this.#end({ reset: true, released });
  }

  /** Loses the connection, as when the network between the ends is gone; a listener stays. */
  lose(): void {
    if (this.#state.kind !== "connected" && this.#state.kind !== "closing") return;
    this.#host.turns.post(() => this.#fail("ECONNRESET"));
  }

  /** Gives its path up, which somebody has removed; a listener that nobody can reach any more fails. */
  losePath(error: NetgraphError): void {
    if (this.#local !== null) this.#host.streams.release(this.#local, this);
    this.#holding = false;
    const state = this.#state;
    if (state.kind !== "listening") return;
    this.#host.turns.post(() => {
      if (this.#state !== state) return;
      this.#end({ reset: false });
      this.owner.failed(error);
    });
  }

  #take(address: SocketAddress): void {
    const share = (): boolean => this.#options.number("SO_REUSEPORT") !== 0;
    this.#local = this.#host.streams.take(address, this, { share });
    this.#holding = true;
  }

  #dial(address: SocketAddress, text: string): void {
    const fault = this.#host.faults.hit("connect", text);
    if (fault !== null) return this.#refuse(fault.code);
    if (!this.#host.reachable(address)) return this.#refuse("EHOSTUNREACH");
    const listener = this.#host.streams.find(address, (socket) => socket.#state.kind === "listening");
    if (listener === null || listener.#state.kind !== "listening") return this.#refuse("ECONNREFUSED");
    listener.#state.backlog.offer(this);
  }

  /** Becomes one end of a new connection to this listener, if it still wants to; the other end waits to be accepted. */
  #admit(client: MemoryStreamSocket): MemoryStreamSocket | null {
    if (client.#state.kind !== "connecting" || client.#state.givenUp) return null;
    const { address, done } = client.#state;
    const child = new MemoryStreamSocket(this.endpoint, this.#host, this.#options.inherited());
    client.#meet(child, isWildcard(address) ? this.#local ?? address : address);
    child.#local = client.#peer;
    child.#meet(client, client.#local ?? sourceFor(this.endpoint, address));
    done(null);
    return child;
  }

  #meet(other: MemoryStreamSocket, peer: SocketAddress): void {
    this.#peer = peer;
    this.#state = { kind: "connected", other };
    other.#outgoing.attach({
      arrived: (octets) => this.owner.arrived(octets, null),
      ended: () => this.owner.ended(),
    });
    if (this.#reading) other.#outgoing.resume();
  }

  #accepted(child: MemoryStreamSocket): void {
    if (child.#state.kind === "dead") return;
    this.owner.accepted(child);
    if (child.owner === NO_OWNER) child.abort();
  }

  #refuse(code: ErrorCode): void {
    if (this.#state.kind !== "connecting") return;
    const { address, done } = this.#state;
    this.#state = { kind: "open" };
    done(new NetgraphError(code, `Cannot connect to ${sockaddr.format(address)}: ${errorText(code)}`));
  }

  #fail(code: ErrorCode): void {
    if (this.#state.kind === "dead") return;
    const silent = this.#state.kind !== "connected" || this.owner === NO_OWNER;
    this.#end({ reset: false });
    if (!silent) this.owner.failed(new NetgraphError(code, `Cannot go on: ${errorText(code)}`));
  }

  /** All that was sent was read: the peer learns of what it sent in vain. */
  #finish(): void {
    if (this.#state.kind !== "closing") return;
    const { other, released } = this.#state;
    this.#end({ reset: other.#outgoing.lost, released });
  }

  #end({ reset, released }: { reset: boolean; released?: (() => void) | undefined }): void {
    const state = this.#state;
    if (state.kind === "dead") return this.#host.registry.released(released);
    this.#state = { kind: "dead" };
    this.#linger?.cancel();
    if (this.#local !== null && this.#holding) this.#host.streams.release(this.#local, this);
    if (state.kind === "listening") this.#refuseAll(state.backlog);
    if (state.kind === "connected" || state.kind === "closing") {
      const ended = this.#outgoing.done;
      this.#outgoing.cut();
      if (reset || !ended) this.#host.turns.post(() => state.other.#fail("ECONNRESET"));
    }
    this.#host.registry.remove(this, Promise.resolve(), released);
  }

  #refuseAll(backlog: MemoryBacklog<MemoryStreamSocket>): void {
    const { children, clients } = backlog.close();
    for (const child of children) child.abort();
    for (const client of clients) this.#host.turns.post(() => client.#refuse("ECONNREFUSED"));
  }
}
