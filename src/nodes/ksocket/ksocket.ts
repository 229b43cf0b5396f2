/**
 * ksocket: a node that is a socket (ng_ksocket(4)).
 *
 * Hooks: one, whose name selects the socket: `<family>/<type>/<protocol>`. Joining it opens the socket, losing it
 * closes the socket and ends the node. The hook of an accepted connection (a clone) may have any name. Messages: bind,
 * listen, connect, accept, getname, getpeername, setopt, getopt; ours: setconfig, getconfig, getstate, getaccept,
 * disarm, send, drain, undrain.
 *
 * Data from the hook is sent by the socket, and data from the socket is sent by the hook. The end of a stream is passed
 * to the hook, and an end from the hook is passed to the peer; the connection has ended when both directions have.
 *
 * The node has a connection (`connection/`) and one of three roles (`role.ts`).
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import { type DrainOrder, type DrainResult, NOTHING_DRAINED } from "../../graph/core/drain.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Hook } from "../../graph/core/hook.ts";
import type { Item } from "../../graph/core/item.ts";
import type { Answer, Handlers } from "../../graph/core/message.ts";
import type { Node } from "../../graph/core/node.ts";
import {
  defineNodeType,
  type Flow,
  type NodeBehaviour,
  type NodeContext,
  type NodeType,
} from "../../graph/core/node_type.ts";
import type { Tap, Taps } from "../../graph/core/taps.ts";
import type { ClientPart } from "../../graph/core/reference.ts";
import type { Pending } from "../../graph/core/pending.ts";
import type { CloseReason } from "../../graph/data/close_reason.ts";
import type { TargetEvent } from "../../graph/data/target_event.ts";
import type { NodeReport } from "../../graph/data/node_report.ts";
import type { Share } from "../../graph/data/share.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { formatEndpoint, parseEndpoint, USUAL_ENDPOINTS } from "../../socket/endpoint.ts";
import type { ProxyEnds } from "../../socket/proxy_protocol.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { KSOCKET_COOKIE } from "../address_tag.ts";
import { ClientSocket } from "./client/client_socket.ts";
import { Connection } from "./connection/connection.ts";
import { tapConnection } from "./connection/connection_tap.ts";
import { type ByteBudgets, byteBudgets, Pace } from "./connection/pace.ts";
import { changeNoteOfKsocket, checkKsocket, claimsOfKsocket, targetsOfKsocket } from "./ksocket_check.ts";
import { KSOCKET_COMMANDS, type KsocketCommands } from "./ksocket_commands.ts";
import type { Destination } from "./destination.ts";
import { DEFAULT_CONFIG, defaultConfig, type KsocketConfig, type KsocketConfigPatch } from "./ksocket_config.ts";
import { KSOCKET_KERNEL } from "./ksocket_kernel.ts";
import { KsocketMessages, type MessagedKsocket } from "./ksocket_messages.ts";
import { emitChanged, type SocketNode, type TargetReports } from "./role.ts";
import { certificateReports, tlsFaults, tlsNotes, type TlsSettings } from "./tls_settings.ts";
import { AcceptedSocket } from "./listener/accepted_socket.ts";
import { Listener } from "./listener/listener.ts";
import { shareAddress } from "./listener/shared_address.ts";
import { HELD_MS, unreadFaults } from "./outcomes.ts";

/** An accepted connection that a new node takes over. */
interface Accepted {
  readonly socket: Socket;
  readonly config: KsocketConfig;
  /** The rates that it shares with other connections of its listener. */
  readonly totals: ByteBudgets | null;
}

const NO_TLS: TlsSettings = {};

class Ksocket implements NodeBehaviour<KsocketCommands>, SocketNode, MessagedKsocket {
  readonly node: Node;
  readonly graph: Graph;
  readonly clock: Clock;
  readonly runtime: SocketRuntime;
  readonly connection: Connection;
  config: KsocketConfig;
  tls: TlsSettings = NO_TLS;
  role: ClientSocket | Listener | AcceptedSocket;
  readonly client: ClientSocket | null;
  /** For a listener: what its connections share; for a connection: what it shares with others. */
  #totals: ByteBudgets | null = null;
  /** The number of threads that share the listener. */
  #parts = 1;

  constructor({ node, graph }: NodeContext, runtime: SocketRuntime, accepted: Accepted | null) {
    this.node = node;
    this.graph = graph;
    // The same for all: connections are watched in groups, by their clock.
    this.clock = graph.clock;
    this.runtime = runtime;
    this.config = accepted?.config ?? DEFAULT_CONFIG;
    this.connection = new Connection(this);
    this.client = accepted === null ? new ClientSocket(this) : null;
    this.role = this.client ?? new AcceptedSocket(this);
    if (accepted === null) return;
    this.connection.takeSocket(accepted.socket, { connected: true });
    this.#totals = accepted.totals;
    if (this.#totals !== null || this.config.maxBytesPerSecond > 0) this.#setPace();
  }

  get takesAnyHook(): boolean {
    return this.role.kind === "accepted";
  }

  get flow(): Flow {
    const { socket } = this.connection;
    return socket === null || socket.endpoint.type === "stream" ? "stream" : "datagram";
  }

  get commands(): Handlers<KsocketCommands> {
    return new KsocketMessages(this);
  }

  // The hook

  addHook(hook: Hook): void {
    const { connection } = this;
    if (connection.socket === null) {
      const socket = this.runtime.open(parseEndpoint(hook.name));
      if (socket.endpoint.type === "dgram") connection.times.reportHeld(HELD_MS, () => emitChanged(this));
      connection.takeSocket(socket, { connected: false });
      // Another configuration was set before there was a socket.
      if (this.config === DEFAULT_CONFIG) this.config = defaultConfig(socket.endpoint);
    }
    connection.takeHook(hook);
  }

  hookConnected(): void {
    this.connection.carried.hookConnected();
    this.role.hookConnected();
  }

  hookRefused(): void {
    this.connection.dropHook();
    this.role.hookRefused();
  }

  hookRemoved(): void {
    this.connection.dropHook();
    this.graph.shutdown(this.node);
  }

  receive(hook: Hook, item: Item): void | false {
    return this.connection.receive(hook, item);
  }

  resumed(): void {
    this.connection.resumed();
  }

  // The node

  held(): number {
    return this.connection.held();
  }

  discard(reason: CloseReason): void {
    this.connection.discard(reason);
  }

  released(): void {
    this.role.released();
  }

  templateChanged(name: string): void {
    if (this.role.kind === "listener") this.role.templateChanged(name);
  }

  shared(share: Share): void {
    this.#parts = share.of;
    const { socket } = this.connection;
    // If sharing must be set before a socket listens, it is already set here.
    const isLate = this.runtime.capabilities.sharesBeforeListening === true && this.role.kind === "listener";
    if (socket !== null && !isLate) shareAddress(this.node, socket, share);
    if (this.role.kind === "listener") this.role.shared(share);
  }

  targetEvents(events: readonly TargetEvent[]): void {
    if (this.role.kind === "listener") this.role.health.receive(events);
  }

  /** A connection that is open; others are found when they connect. */
  tapped(tap: Tap): void {
    if (this.connection.phase === "connected") tapConnection(this.connection, [tap], false);
  }

  shutdown(): Pending<null> | void {
    return this.role.shutdown();
  }

  crashed(error: NetgraphError): void {
    this.connection.crash(error);
  }

  count(): void {
    const { socket, carried } = this.connection;
    if (socket !== null) carried.addLost(this.node, socket);
  }

  report(): NodeReport {
    const { socket, times } = this.connection;
    this.count();
    const { connections, draining, notes, faults, servedAt, targets } = this.role.report();
    // The clients of a stream wait; datagrams that are not read are dropped by the system.
    const unread = socket?.endpoint.type === "dgram" ? unreadFaults(times.inBlockedMs, this.clock) : [];
    const tls = socket?.tlsState ?? null;
    const now = this.clock.wall();
    const all = [...faults, ...unread, ...tls === null ? [] : tlsFaults(tls, now)];
    return {
      local: formatAddress(socket?.local ?? null),
      peer: formatAddress(socket?.peer ?? null),
      connections,
      reasons: { ...this.node.counts.reasons },
      notes: [
        ...socket?.backlogNote === undefined || socket.backlogNote === null ? [] : [socket.backlogNote],
        ...notes,
        ...tls === null ? [] : tlsNotes(tls, now),
      ],
      ...(draining ? { draining } : {}),
      ...(servedAt === undefined ? {} : { servedAt }),
      ...(targets === undefined ? {} : { targets }),
      ...(all.length === 0 ? {} : { faults: all }),
      ...(tls === null || tls.certificates.length === 0 ? {} : { certificates: certificateReports(tls) }),
    };
  }

  drain(order: DrainOrder): Answer<DrainResult> {
    return this.role.kind === "listener" ? this.role.drain(order) : NOTHING_DRAINED;
  }

  undrain(): void {
    if (this.role.kind === "listener") this.role.undrain();
  }

  // For its parts

  get taps(): Taps {
    return this.graph.taps;
  }

  receiverAt({ node: { behaviour } }: Hook): Connection | null {
    return behaviour instanceof Ksocket ? behaviour.connection : null;
  }

  together(): readonly Connection[] {
    const { owner, template } = this.node.origin;
    const accepted = template !== null && owner !== null ? owner : this.node;
    const all: Connection[] = [];
    // A loop: it runs for each connection that is recorded.
    if (accepted.behaviour instanceof Ksocket) all.push(accepted.behaviour.connection);
    for (const { behaviour } of accepted.owned) if (behaviour instanceof Ksocket) all.push(behaviour.connection);
    return all;
  }

  /** A copy belongs to a clone, and the clone to its listener. */
  get targetReports(): TargetReports | null {
    const clone = this.node.origin.owner?.behaviour;
    return clone instanceof Ksocket && clone.role.kind === "accepted" ? clone.role.keeper?.health ?? null : null;
  }

  get clientDestination(): Destination | null {
    const clone = this.node.origin.owner?.behaviour;
    return clone instanceof Ksocket && clone.role.kind === "accepted" ? clone.role.destination : null;
  }

  clientPart(part: ClientPart): string | null {
    const peer = this.connection.socket?.peer ?? null;
    if (peer?.family === "local") return part === "address" && peer.path !== "" ? peer.path : null;
    if (peer?.family !== "inet" && peer?.family !== "inet6") return null;
    return part === "address" ? peer.host : String(peer.port);
  }

  get clientEnds(): ProxyEnds | null {
    const clone = this.node.origin.owner?.behaviour;
    const socket = clone instanceof Ksocket ? clone.connection.socket : null;
    return socket === null ? null : { source: socket.peer, destination: socket.destination ?? socket.local };
  }

  configure(patch: KsocketConfigPatch): void {
    this.config = { ...this.config, ...patch };
    if (patch.totalBytesPerSecond !== undefined) this.#changeTotals();
    if (patch.maxBytesPerSecond !== undefined) this.#setPace();
    this.connection.watch();
  }

  listen(socket: Socket): Listener {
    if (this.role.kind === "listener") return this.role;
    const listener = new Listener(this, { socket, clone: (child) => this.#clone(child) });
    this.role = listener;
    return listener;
  }

  stopListening(): void {
    if (this.client !== null) this.role = this.client;
  }

  /** Connections that began before the first total are not part of it. */
  #changeTotals(): void {
    if (this.client === null) return;
    this.#totals ??= byteBudgets(this.clock, () => this.config.totalBytesPerSecond / this.#parts);
    this.#totals.in.changed();
    this.#totals.out.changed();
  }

  #setPace(): void {
    const budgets = this.client === null && this.#totals !== null ? [this.#totals] : [];
    if (this.config.maxBytesPerSecond > 0) {
      budgets.push(byteBudgets(this.clock, () => this.config.maxBytesPerSecond));
    }
    this.connection.setPace(budgets.length === 0 ? null : new Pace(this.connection, budgets));
  }

  #clone(socket: Socket): AcceptedSocket {
    const created: AcceptedSocket[] = [];
    const create = (context: NodeContext): Ksocket => {
      const clone = new Ksocket(context, this.runtime, { socket, config: this.config, totals: this.#totals });
      if (clone.role.kind === "accepted") created.push(clone.role);
      return clone;
    };
    this.graph.makeInternal(this.node.type, { scope: this.node.origin.scope, owner: this.node, create });
    const [clone] = created;
    if (clone === undefined) throw new RangeError("Node was created without its behaviour");
    return clone;
  }
}

/** The type of ksocket nodes with sockets of `runtime`. */
export function ksocketType(runtime: SocketRuntime): NodeType<KsocketCommands> {
  return {
    ...describeKsocket(runtime.capabilities),
    create: (context) => new Ksocket(context, runtime, null),
  };
}

/** The facts of ksocket, for checks of a topology without opening a socket. */
export function describeKsocket(capabilities: Capabilities): NodeType<KsocketCommands> {
  return defineNodeType({
    name: "ksocket",
    kernel: KSOCKET_KERNEL,
    summary: "A socket; the name of its hook is its family, type and protocol",
    cookie: KSOCKET_COOKIE,
    commands: KSOCKET_COMMANDS,
    hooks: [{
      pattern: "<family>/<type>/<protocol>",
      summary:
        "Data received from the network leaves through this hook; data received on this hook is sent to the network",
      examples: USUAL_ENDPOINTS,
    }],
    hookDecides: true,
    endsWithLastHook: true,
    outside: true,
    parseHook: (name: string): string => formatEndpoint(parseEndpoint(name)),
    flow: (hook) => parseEndpoint(hook).type === "stream" ? "stream" : "datagram",
    changeNote: (node, change) => changeNoteOfKsocket(node, change, capabilities),
    claims: claimsOfKsocket,
    targets: targetsOfKsocket,
    check: (node) => checkKsocket(node, capabilities),
    create: () => {
      throw new RangeError("Cannot create a ksocket without a socket runtime");
    },
  });
}

function formatAddress(address: SocketAddress | null): string | null {
  return address === null ? null : sockaddr.format(address);
}
