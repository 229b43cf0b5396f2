/**
 * A ksocket whose node a message created: its hook opens the socket, which is idle until it connects. A socket of
 * datagrams also sends and receives without a connect.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import { isWorldly, NetgraphError } from "../../../errors.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import type { Answer } from "../../../graph/core/message.ts";
import type { Node } from "../../../graph/core/node.ts";
import { Pending } from "../../../graph/core/pending.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { ConnectAddress, SocketAddress, TargetAddress } from "../../../socket/address.ts";
import { connectAddress, sockaddr } from "../../../socket/address_text.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import { connects } from "../../../socket/kind.ts";
import { proxyHeader } from "../../../socket/proxy_protocol.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { Via } from "../../../socket/via.ts";
import type { ConnectParameters } from "../../pool/probe_schedule.ts";
import type { Target } from "../../pool/target.ts";
import type { TargetFlow, TargetKind } from "../../pool/target_spec.ts";
import { TargetUse } from "../../pool/target_use.ts";
import { type Awaited, PASSING } from "../connection/answers.ts";
import { failNode, type Role, type RoleReport, type SocketNode } from "../role.ts";
import { UNNAMED_ADDRESS } from "../listener/client_source.ts";
import { clientTls } from "../tls_settings.ts";
import { ConnectionHealth } from "./connection_health.ts";
import { unseenNotes } from "./datagram_health.ts";
import { Dial, type DialDone } from "./dial.ts";
import { findPool, ownTarget, sourceOf } from "./own_pool.ts";
import { PoolDial } from "./pool_dial.ts";
import { dialThrough, proxyRoute } from "./via_dial.ts";
import { refusedAddresses } from "./refused_addresses.ts";

/** The path through a tee; its other hooks have copies, which do not push back. */
const TEE_PATH: Readonly<Record<string, string>> = { left: "right", right: "left" };

/** True if all sources of a node's hook can be pushed back. */
function sourcesWait(hook: Hook): boolean {
  const seen = new Set<Hook>();
  const open: Hook[] = hook.peer === null ? [] : [hook.peer];
  let waits = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { node, name } = next;
    const type = node.type.name;
    if (type === "stdio" || (type === "ksocket" && node.behaviour.flow === "stream")) {
      waits = true;
      continue;
    }
    if (!PASSING.has(type) || (type === "tee" && TEE_PATH[name] === undefined)) return false;
    for (const other of node.hooks.values()) {
      const passes = type === "tee" ? other.name === TEE_PATH[name] : other !== next;
      if (passes && other.peer !== null) open.push(other.peer);
    }
  }
  return waits;
}

/** The role of a ksocket that does not listen. */
export class ClientSocket implements Role, TargetFlow {
  readonly kind = "client";
  readonly #own: SocketNode;
  /** The connect in progress. */
  #dial: Dial | PoolDial | null = null;
  /** The target of a pool that it is connected to. */
  #target: TargetUse | null = null;
  /** What the socket was given before it connects; created when something is: most sockets are as they were opened. */
  #settings: ((socket: Socket) => void)[] | null = null;
  /** The name that it is connected to, with its addresses. */
  #name: { readonly address: ConnectAddress; readonly addresses: readonly SocketAddress[] } | null = null;
  /** The address that a proxy has connected it to; null without a proxy, and where the proxy looks up a name. */
  peerBehindProxy: SocketAddress | null = null;
  /** Created on first use. */
  #health: ConnectionHealth | null = null;

  constructor(own: SocketNode) {
    this.#own = own;
  }

  hookConnected(): void {
    if (!this.#own.node.held) this.#own.connection.startDatagrams();
  }

  hookRefused(): void {
    this.#own.connection.discardSocket();
  }

  released(): void {
    const { connection } = this.#own;
    // The bring-up before reading is complete: waiting items are dropped unless it is connected.
    if (connection.phase === "idle" && !this.willConnect()) connection.dropEarly();
    if (connection.phase !== "connecting") connection.startDatagrams();
  }

  willConnect(): boolean {
    const { node, connection: { phase, hook } } = this.#own;
    // A copy of a template ends with the connection for which it was made.
    if (phase !== "idle" || hook === null || node.name === null) return false;
    return (node.held || isToConnect(node)) && sourcesWait(hook);
  }

  /** Records a setting of the socket: another socket, which tries another address, gets the same. */
  keep(setting: (socket: Socket) => void): void {
    (this.#settings ??= []).push(setting);
  }

  /**
   * Connects the socket. The reply is 0, or null if the socket is connected immediately.
   *
   * @throws NetgraphError EALREADY, EISCONN if the socket is connecting or connected
   */
  connect(socket: Socket, address: ConnectAddress): Answer<number | null> {
    const { node, connection, clock } = this.#own;
    const previous = connection.phase;
    if (previous === "connecting") throw occupied(node, "EALREADY", "is connecting");
    const isStream = connects(socket.endpoint);
    if (isStream && previous === "connected") throw occupied(node, "EISCONN", "is connected");
    const reply = new Pending<number | null>();
    const startedAt = clock.now();
    const done = (result: Socket | NetgraphError): void => {
      this.#dial = null;
      if (result instanceof NetgraphError) {
        if (connection.phase === "connecting") connection.phase = previous;
        // Waiting items stay if the connect is retried.
        if (!isWorldly(result.code) || !this.willConnect()) connection.dropEarly();
        return reply.reject(result);
      }
      connection.exchangeSocket(result);
      if (isStream) node.counts.timings.connected(clock.now() - startedAt);
      else connection.preamble = this.#header(this.#target?.target ?? null, "dgram");
      connection.connected();
      node.log.settleDeferred();
      // The kernel replies only to a connect that takes time, and a datagram socket has its peer immediately.
      reply.resolve(isStream ? 0 : null);
      if (!node.held) connection.startDatagrams();
    };
    const begin = this.#prepare(socket, address);
    connection.phase = "connecting";
    const dial = begin(done);
    // A datagram socket is connected by now.
    if (this.#own.connection.phase === "connecting") this.#dial = dial;
    return reply;
  }

  /**
   * The function that starts to connect: to an address, or through a pool.
   *
   * @throws NetgraphError ENOENT if there is no such pool
   */
  #prepare(socket: Socket, address: ConnectAddress): (done: DialDone) => Dial | PoolDial {
    const { node, runtime, clock, config } = this.#own;
    const configure = (one: Socket, to: TargetAddress, target: Target | null = null): void => {
      if (one.endpoint.tls) this.#secure(one, to);
      if (connects(one.endpoint)) one.setPreamble?.(this.#header(target, "stream"));
    };
    const common = { runtime, clock, socket, timeoutMs: config.connectTimeout, node, configure };
    const another = (endpoint: Endpoint): Socket => this.#openAnother(endpoint);
    const route = connects(socket.endpoint) ? proxyRoute(config, address) : null;
    if (route !== null && address.family !== "pool") {
      const open = (endpoint: Endpoint): Socket => this.#openAnother(endpoint, route.via);
      const through = { ...common, target: address, open, configure: (one: Socket) => configure(one, address) };
      this.peerBehindProxy = address.family === "name" ? null : address;
      return (done) => dialThrough(route, through, done);
    }
    if (address.family !== "pool") {
      const target = ownTarget(this.#own);
      if (target !== null) target.connectParameters = { kind: kindOf(socket), ...this.#proxy };
      return (done) =>
        new Dial({
          ...common,
          address,
          another: (family) => another({ ...socket.endpoint, family }),
          found: (addresses) => {
            this.#name = { address, addresses };
          },
        }, (result) => {
          if (target !== null && !(result instanceof NetgraphError)) this.#use(target, result);
          done(result);
        });
    }
    const pool = findPool(this.#own, address.name);
    const options = {
      ...common,
      pool,
      address: connectAddress.format(address),
      source: sourceOf(this.#own),
      another,
      ...this.#proxy,
      secure: socket.endpoint.tls ? (one: Socket, to: TargetAddress): void => this.#secure(one, to) : undefined,
    };
    return (done) => {
      return new PoolDial(options, (result) => {
        if (result instanceof NetgraphError) return done(result);
        this.#use(result.target, result.socket);
        done(result.socket);
      });
    };
  }

  /** The PROXY header of its connections, which names no client in those of probes. */
  get #proxy(): Pick<ConnectParameters, "proxy"> {
    const { sendProxy } = this.#own.config;
    return sendProxy === "none" ? {} : { proxy: sendProxy };
  }

  /** It is connected to a target. */
  #use(target: Target, { endpoint }: Socket): void {
    this.#leaveTarget();
    // Datagrams are received by the owner of the port, which is not known yet.
    if (connects(endpoint)) target.connected();
    this.#target = new TargetUse(target, connects(endpoint) ? null : this);
  }

  /** A flow of datagrams whose target is down ends; the next datagram begins another one. */
  move(): void {
    this.#own.connection.retire("refused");
  }

  /** The PROXY header for a target; null if none is sent. Datagrams have version 2 only. */
  #header(target: Target | null, type: "stream" | "dgram"): Uint8Array<ArrayBuffer> | null {
    const version = target?.spec.proxy ?? this.#own.config.sendProxy;
    if (version === "none") return null;
    // Asked for only now: the system is called for the client's destination.
    const { clientEnds } = this.#own;
    return proxyHeader(type === "stream" ? version : "v2", clientEnds ?? { source: null, destination: null }, type);
  }

  /**
   * Its datagrams are refused: where its name has an address that has not refused any, a flow begins again with the next
   * datagram, and another node connects again.
   */
  #moveOn(): void {
    const { node, clock, connection: { socket, phase } } = this.#own;
    const name = this.#name;
    if (name === null || socket === null || phase !== "connected") return;
    const refused = refusedAddresses(clock);
    if (name.addresses.every((address) => refused.has(address))) return;
    if (node.name === null) return this.#own.connection.retire("refused");
    // A failure is reported by the refused datagrams.
    this.connect(socket, name.address);
  }

  /** Configures the TLS of a socket that is about to connect to `address`. */
  #secure(socket: Socket, address: TargetAddress): void {
    socket.setTls?.(clientTls(this.#own.tls, { address, config: this.#own.config }));
  }

  #leaveTarget(): void {
    this.#target?.end();
    this.#target = null;
  }

  /**
   * Opens one more socket like the first one.
   *
   * @throws NetgraphError the errors of opening and setting
   */
  #openAnother(endpoint: Endpoint, via: Via | null = null): Socket {
    const socket = this.#own.runtime.open(endpoint, via);
    try {
      for (const set of this.#settings ?? []) set(socket);
    } catch (error) {
      socket.abort();
      throw error;
    }
    return socket;
  }

  onClosed(reason: CloseReason, error: NetgraphError | null): void {
    this.#stop();
    failNode(this.#own, reason, error);
  }

  /** Reports a server of TLS 1.3 that refuses the certificate of this side after the connect. */
  onFailed(error: NetgraphError): void {
    const { node, graph, clientEnds } = this.#own;
    const listener = node.origin.owner?.origin.owner ?? null;
    if (error.code !== "ETLS" || listener === null) return;
    const message = `Connection to ${this.#address ?? "its target"} has failed: ${error.message}`;
    graph.emit({
      kind: "connection-failed",
      topology: node.origin.scope,
      node: listener.name ?? listener.path,
      peer: sockaddr.format(clientEnds?.source ?? UNNAMED_ADDRESS),
      reason: "tls",
      error: { ...error.toData(), message },
    });
  }

  onPeerEnded(): Awaited {
    if (this.#own.node.name !== null) this.#observe().peerEnded();
    return "end";
  }

  onClosedWithoutData(readsOn: () => boolean): void {
    if (this.#target !== null) return this.#target.target.closedWithoutData(readsOn);
    const address = this.#address;
    if (address !== null) this.#own.targetReports?.closedWithoutData(address, readsOn);
  }

  onClosedAfterData(): void {
    if (this.#target !== null) return this.#target.closedAfterData();
    const { targetReports } = this.#own;
    if (targetReports === null || !targetReports.hasTargetsToCheck) return;
    const address = this.#address;
    if (address !== null) targetReports.closedAfterData(address);
  }

  /** The address of its `connect`. */
  get #address(): string | null {
    return this.#own.node.entries.find(({ command }) => command === "connect")?.argument ?? null;
  }

  onDatagramSent(): void {
    this.#observe().datagramSent();
  }

  /** Never: it does not listen. */
  onAccepted(child: Socket): void {
    child.abort();
  }

  /** Never: it does not listen. */
  onAcceptFailed(): void {}

  unconfirmed(): Tally {
    return this.#health?.unconfirmed() ?? NOTHING;
  }

  shutdown(): void | Pending<null> {
    this.#stop();
    return closeSocket(this.#own);
  }

  report(): RoleReport {
    const { runtime, clock, connection: { socket, times } } = this.#own;
    const unseen = socket === null || socket.peer === null ? [] : unseenNotes(runtime, socket.endpoint);
    const notes = [...unseen, ...slowNotes(times.outBlockedMs, clock)];
    return { connections: null, draining: false, notes, faults: this.#health?.faults() ?? [] };
  }

  #observe(): ConnectionHealth {
    return this.#health ??= new ConnectionHealth(this.#own, () => this.#target, () => this.#moveOn());
  }

  #stop(): void {
    this.#dial?.cancel();
    this.#health?.stop();
    this.#leaveTarget();
  }
}

/** True while the topology connects a node: the first time, or again after a failure. */
function isToConnect(node: Node): boolean {
  const entry = node.entries.findLast(({ command }) => command === "connect");
  if (entry === undefined || !entry.declared) return false;
  return entry.phase === "waiting" || (entry.error !== null && isWorldly(entry.error.code));
}

/** What the connections of a socket are. */
function kindOf({ endpoint }: Socket): TargetKind {
  return connects(endpoint) ? "stream" : "dgram";
}

/** Closes the socket of a node that is shut down; resolves once its address is free. */
export function closeSocket({ connection }: SocketNode): void | Pending<null> {
  const socket = connection.release();
  if (socket === null) return;
  const released = new Pending<null>();
  socket.close(() => released.resolve(null));
  return released;
}

/** Why a socket cannot connect now. */
export function occupied(node: Node, code: "EALREADY" | "EISCONN" | "EOPNOTSUPP", what: string): NetgraphError {
  return new NetgraphError(code, `Cannot connect "${node.path}": it ${what} already`);
}

const NOTHING: Tally = { items: 0, bytes: 0 };

/** A peer that takes nothing for this time is noted: a short pause is normal. */
const SLOW_MS = 10_000;

/** A note about a peer that stops all senders. Whether it reads slowly or not at all cannot be seen from here. */
function slowNotes(blockedMs: number, clock: Clock): readonly string[] {
  if (blockedMs < SLOW_MS) return [];
  const since = new Date(clock.wall().getTime() - blockedMs).toISOString().replace(/\.\d+Z$/, "Z");
  return [`Senders wait since ${since}: the peer reads slowly or not at all`];
}
