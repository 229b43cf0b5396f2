/**
 * Connecting through a pool: targets are tried one after the other, each at most once, until one connects or the time
 * expires. Each gets its part of the time, so that a silent one leaves some for the others.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import { errorText, NetgraphError } from "../../../errors.ts";
import type { TargetAddress } from "../../../socket/address.ts";
import { type Endpoint, parseEndpoint } from "../../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../../socket/socket.ts";
import type { ProxyVersion } from "../../../socket/proxy_protocol.ts";
import type { Target } from "../../pool/target.ts";
import type { TargetPool } from "../../pool/target_pool.ts";
import type { TargetKind } from "../../pool/target_spec.ts";
import { whyOf } from "../outcomes.ts";
import { discardingOwner } from "../socket_owners.ts";
import { Dial } from "./dial.ts";

/** The input of a dial through a pool. */
export interface PoolDialOptions {
  readonly pool: TargetPool;
  /** The name of the pool, for error messages. */
  readonly address: string;
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  /** The socket of the node: for the first target that it can connect to. */
  readonly socket: Socket;
  /** The host of the client. */
  readonly source: string;
  /** The time limit of the whole dial, in milliseconds. */
  readonly timeoutMs: number;
  /** The node that connects, for error messages. */
  readonly node: { readonly label: string };
  /**
   * Opens one more socket like `socket`, of another family if the target needs that.
   *
   * @throws NetgraphError if no other one is possible
   */
  another(endpoint: Endpoint): Socket;
  /** Configures a socket before it connects to the address of the target. */
  configure(socket: Socket, address: TargetAddress, target: Target): void;
  /** The PROXY header of targets that have no setting of their own; absent: none. */
  readonly proxy?: ProxyVersion;
  /** Configures the TLS of the sockets of probes; absent without TLS. */
  readonly secure?: ((socket: Socket, address: TargetAddress) => void) | undefined;
}

/** Called once: with the socket that has connected and its target, or with the error. */
export type PoolDialDone = (result: { readonly socket: Socket; readonly target: Target } | NetgraphError) => void;

/** A connect through a pool in progress. */
export class PoolDial {
  readonly #options: PoolDialOptions;
  readonly #done: PoolDialDone;
  readonly #tried = new Set<Target>();
  readonly #kind: TargetKind;
  readonly #deadline: number;
  readonly #failures: string[] = [];
  #dial: Dial | null = null;
  #ended = false;

  /**
   * Starts to connect.
   *
   * @param done is called once, perhaps from within
   */
  constructor(options: PoolDialOptions, done: PoolDialDone) {
    this.#options = options;
    this.#done = done;
    this.#kind = options.socket.endpoint.type === "stream" ? "stream" : "dgram";
    this.#deadline = options.clock.now() + options.timeoutMs;
    this.#tryNext(null);
  }

  /** Cancels it: `done` is called with ECANCELED, from within. */
  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dial?.cancel();
    this.#done(this.#describe(new NetgraphError("ECANCELED", errorText("ECANCELED"))));
  }

  #tryNext(last: NetgraphError | null): void {
    const { pool, clock, source } = this.#options;
    const left = this.#deadline - clock.now();
    const target = left > 0 ? pool.select(this.#tried, source) : null;
    if (target === null) return this.#fail(last);
    this.#tried.add(target);
    // Whether down targets answer is unknown: the time is divided among the others.
    const others = Math.max(0, pool.targets.filter((one) => one.isUp && !this.#tried.has(one)).length);
    this.#connect(target, Math.ceil(left / (1 + others)));
  }

  #connect(target: Target, timeoutMs: number): void {
    const { runtime, clock, node } = this.#options;
    let settled = false;
    const { proxy, secure } = this.#options;
    target.connectParameters = { kind: this.#kind, secure, ...(proxy === undefined ? {} : { proxy }) };
    try {
      const endpoint = this.#endpointOf(target);
      const another = (family: Endpoint["family"]): Socket => this.#options.another({ ...endpoint, family });
      const socket = this.#socketFor(endpoint);
      const options = {
        runtime,
        clock,
        socket,
        address: target.address,
        timeoutMs,
        node,
        another,
        configure: (socket: Socket, address: TargetAddress) => this.#options.configure(socket, address, target),
        advise: false,
      };
      const dial = new Dial(options, (result) => {
        settled = true;
        this.#dial = null;
        if (result !== socket) this.#discard(socket);
        if (this.#ended) return;
        if (result instanceof NetgraphError) this.#failed(target, result);
        else this.#connected(target, result);
      });
      if (!settled) this.#dial = dial;
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      this.#failed(target, error);
    }
  }

  /** Of another family, and with TLS, where the socket of the node is so. */
  #endpointOf(target: Target): Endpoint {
    const endpoint = target.endpoint(this.#kind);
    return this.#options.socket.endpoint.tls ? parseEndpoint(`${endpoint.family}/stream/tls`) : endpoint;
  }

  /** The node's own socket where it can connect there, so that most connections open one socket. */
  #socketFor(endpoint: Endpoint): Socket {
    const { socket } = this.#options;
    if (socket.endpoint.family === endpoint.family) return socket;
    const other = this.#options.another(endpoint);
    other.owner = discardingOwner();
    return other;
  }

  /** A socket that has not connected; the node's own socket is kept. */
  #discard(socket: Socket): void {
    if (socket !== this.#options.socket) socket.abort();
  }

  #connected(target: Target, socket: Socket): void {
    this.#ended = true;
    this.#done({ socket, target });
  }

  #failed(target: Target, error: NetgraphError): void {
    target.failedWith(error);
    this.#failures.push(`${target.text}: ${whyOf(error)}`);
    this.#tryNext(error);
  }

  #fail(last: NetgraphError | null): void {
    this.#ended = true;
    const nothing = new NetgraphError("ENXIO", "no target is in use");
    this.#done(this.#describe(last ?? nothing));
  }

  #describe(error: NetgraphError): NetgraphError {
    const { address, node } = this.#options;
    const why = this.#failures.length === 0 ? error.message : this.#failures.join(", ");
    return new NetgraphError(error.code, `Cannot connect "${node.label}" to ${address}: ${why}`, {
      subject: { node: node.label, address },
      cause: error,
    });
  }
}
