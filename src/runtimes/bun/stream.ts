/**
 * Stream sockets over `Bun.listen` and Bun's connections: one object that becomes a listener or a connection, as a
 * socket of the system does.
 *
 * Bun makes the system's socket with the listen or connect, so a bind is remembered until then.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import { addressText } from "./address.ts";
import { BunBacklog, SYSTEM_BACKLOG } from "./backlog.ts";
import { type Connecting, localOf, openConnection, openListener, peerOf } from "./calls.ts";
import { BunConnection, resetError } from "./connection.ts";
import { BunStreamOptions } from "./stream_options.ts";
import type { BunListener } from "./types.ts";
import { BunWriter } from "./writer.ts";
import { checkFamily, wildcardOf } from "../endpoint_address.ts";
import { NO_OWNER } from "../no_owner.ts";
import {
  NO_SEND_ERRORS,
  notListening,
  requireConnection,
  requireNew,
  requireSending,
  sendingEnded,
} from "../stream_rules.ts";
import { BoundPath } from "../host/bound_path.ts";
import { withinMode } from "../host/path_mode.ts";
import type { SocketHost } from "../host/host_sockets.ts";

interface Listening {
  readonly kind: "listening";
  readonly listener: BunListener;
  readonly backlog: BunBacklog;
  readonly path: BoundPath | null;
}

type State =
  | { readonly kind: "open" }
  | Listening
  | { readonly kind: "connecting"; readonly connecting: Connecting }
  | { readonly kind: "connected"; readonly connection: BunConnection }
  | { readonly kind: "dead" };

const OPEN: State = { kind: "open" };
const DEAD: State = { kind: "dead" };

/** A stream socket on Bun. */
export class BunStreamSocket implements Socket {
  readonly endpoint: Endpoint;
  readonly sendErrors: ReadonlyMap<string, number> = NO_SEND_ERRORS;
  owner: SocketOwner = NO_OWNER;
  readonly #host: SocketHost;
  readonly #writer: BunWriter;
  readonly #options: BunStreamOptions;
  #state: State = OPEN;
  backlogNote: string | null = null;
  /** What it was bound to; of a connection that was not, nothing in particular. */
  #local: SocketAddress | null = null;
  /** What it is called as a connection; asked for when somebody wants to know, as Bun asks the system each time. */
  #named: SocketAddress | null = null;
  #peer: SocketAddress | null = null;
  #reading = false;
  #pathMode: number | null = null;
  /** True when the system has closed the connection under us. */
  #gone = false;

  constructor(endpoint: Endpoint, host: SocketHost, options = BunStreamOptions.of(socketKind(endpoint))) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = options;
    this.#writer = new BunWriter(host.pool, () => this.#alive && this.owner.drained());
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    if (this.#state.kind === "connected") this.#named ??= localOf(this.#state.connection.wire);
    return this.#named ?? this.#local;
  }

  get peer(): SocketAddress | null {
    return this.#peer;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get #alive(): boolean {
    return this.#state.kind !== "dead";
  }

  bind(address: SocketAddress): Bound {
    const action = `Cannot bind ${addressText(address)}`;
    requireNew(this.#state.kind, "bind", action);
    if (this.#local !== null) throw new NetgraphError("EINVAL", `${action}: bound to ${addressText(this.#local)}`);
    checkFamily(this.endpoint, address);
    this.#local = address;
    return "deferred";
  }

  setPathMode(mode: number): void {
    this.#pathMode = mode;
    if (this.#state.kind === "listening") this.#state.path?.setMode(mode);
  }

  listen(backlog: number): void {
    this.backlogNote = backlog === SYSTEM_BACKLOG
      ? null
      : `its backlog is ${SYSTEM_BACKLOG} and not ${backlog}: Bun does not pass it on`;
    if (this.#state.kind === "listening") return;
    requireNew(this.#state.kind, "listen", "Cannot listen");
    const waiting = new BunBacklog(backlog, (connection) => this.#accepted(connection));
    const mode = this.#pathMode;
    const { listener, local } = withinMode(mode, () =>
      openListener(this.#local ?? wildcardOf(this.endpoint), {
        reusePort: this.#options.reusePort,
        ipv6Only: this.#options.ipv6Only,
        arrived: (wire) => waiting.arrived(wire),
      }));
    this.#local = local;
    const path = BoundPath.of(local, this.#host.paths);
    if (mode !== null) path?.setMode(mode);
    this.#state = { kind: "listening", listener, backlog: waiting, path };
    path?.watch((error) => this.#fail(error));
  }

  accept(): void {
    if (this.#state.kind !== "listening") throw notListening();
    this.#state.backlog.want();
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    const action = `Cannot connect to ${addressText(address)}`;
    requireNew(this.#state.kind, "connect", action);
    checkFamily(this.endpoint, address);
    if (this.#local?.family === "local") {
      throw new NetgraphError("EOPNOTSUPP", `${action}: Bun cannot bind a path before connect, runtime "posix" can`);
    }
    const connecting = openConnection(address, {
      from: this.#local,
      clock: this.#host.clock,
      connected: (wire) => {
        if (!this.#alive) return wire.terminate();
        this.#connected(new BunConnection(wire), address);
        done(null);
      },
      failed: (error) => {
        if (!this.#alive) return;
        this.#state = OPEN;
        done(error);
      },
    });
    this.#state = { kind: "connecting", connecting };
  }

  cancelConnect(): void {
    if (this.#state.kind === "connecting") this.#state.connecting.cancel();
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    requireSending(this.#state.kind, to);
    if (this.#writer.ending) throw sendingEnded();
    if (this.#gone) return queueMicrotask(() => this.#fail(resetError()));
    return this.#writer.send(octets);
  }

  shutdown(): void {
    requireConnection(this.#state.kind, "Cannot shut down");
    this.#writer.end();
  }

  resume(): void {
    this.#reading = true;
    if (this.#state.kind === "connected") this.#state.connection.resume();
  }

  setOption(option: SocketOption): void {
    const state = this.#state;
    if (state.kind === "dead") throw new NetgraphError("EBADF", "Cannot set an option: the socket is closed");
    this.#options.set(option, state.kind !== "open");
    if (state.kind === "connected") this.#options.change(state.connection.wire, option);
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    const state = this.#state;
    if (state.kind !== "connected") return this.abort(released);
    this.#state = DEAD;
    if (this.#writer.busy && !this.#gone) return this.#linger(state.connection, released);
    this.#host.registry.remove(this, endNow(state.connection), released);
  }

  abort(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "dead") return this.#host.registry.released(released);
    this.#state = DEAD;
    this.#writer.stop();
    this.#host.registry.remove(this, release(state), released);
  }

  /** Becomes the connection that a listener took. */
  adopt(connection: BunConnection, ends: { local: SocketAddress | null; peer: SocketAddress }): void {
    this.#local = ends.local;
    this.#connected(connection, ends.peer);
  }

  #accepted(connection: BunConnection): void {
    const child = new BunStreamSocket(this.endpoint, this.#host, this.#options.inherited());
    child.adopt(connection, { local: this.#local, peer: peerOf(connection.wire) ?? wildcardOf(this.endpoint) });
    this.owner.accepted(child);
    if (child.owner === NO_OWNER) child.abort();
  }

  #connected(connection: BunConnection, peer: SocketAddress): void {
    connection.attach({
      receive: (octets) => this.owner.arrived(octets, null),
      ended: () => this.owner.ended(),
      drained: () => this.#writer.write(),
      broken: () => this.#writer.broken,
      gone: () => {
        this.#gone = true;
        return this.#writer.broken || this.#writer.queuedBytes > 0 ? "cut" : this.#writer.ended ? "ended" : "open";
      },
      failed: (error) => this.#fail(error),
    });
    this.#state = { kind: "connected", connection };
    this.#local ??= wildcardOf(this.endpoint);
    this.#peer = peer;
    this.#options.apply(connection.wire);
    this.#writer.start(connection.wire);
    if (this.#reading) connection.resume();
  }

  #fail(error: NetgraphError): void {
    if (!this.#alive) return;
    this.abort();
    this.owner.failed(error);
  }

  /**
   * Writes what is queued, then closes. What comes meanwhile is read and dropped: to close with octets unread would be
   * a reset, and lose what was written.
   */
  #linger(connection: BunConnection, released?: () => void): void {
    const end = Promise.withResolvers<void>();
    connection.resume();
    connection.stop();
    connection.attach({
      receive: () => {},
      ended: () => {},
      drained: () => {
        this.#writer.write();
        if (!this.#writer.busy) end.resolve();
      },
      broken: () => this.#writer.broken,
      gone: () => {
        end.resolve();
        return "ended";
      },
      failed: () => {},
    });
    const giveUp = () => {
      connection.wire.terminate();
      end.resolve();
    };
    const settled = end.promise.then(() => {
      this.#writer.stop();
      connection.wire.end();
    });
    this.#host.registry.linger(this, { settled, giveUp }, released);
  }
}

function endNow(connection: BunConnection): Promise<void> {
  connection.stop();
  connection.wire.end();
  return Promise.resolve();
}

/** Gives everything back to the system and waits for it. */
async function release(state: State): Promise<void> {
  switch (state.kind) {
    case "listening":
      return await endListening(state);
    case "connecting":
      state.connecting.cancel();
      return await state.connecting.settled;
    case "connected":
      state.connection.stop();
      return state.connection.wire.terminate();
    case "open":
    case "dead":
      return;
  }
}

/** Bun 1.4.5 removes whatever is at the path. */
async function endListening({ listener, backlog, path }: Listening): Promise<void> {
  backlog.stop();
  const close = (): Promise<void> => Promise.resolve(listener.stop(false));
  await (path === null ? close() : path.closeBy(close));
}
