/**
 * ksocket: a node that is a socket (ng_ksocket(4)).
 *
 * Hooks: one, whose name says which socket: `<family>/<type>/<protocol>`. Joining it opens the socket, losing it closes
 * the socket and ends the node. The hook of an accepted connection (a clone) may have any name.
 * Messages: bind, listen, connect, accept, getname, getpeername, setopt, getopt; ours: setconfig, getconfig, getstate,
 * getaccept, disarm, send, drain, undrain.
 *
 * What comes in by the hook goes out of the socket and the other way round. A stream's end is told to the hook, and one
 * that the hook tells is passed to the peer; when both directions have ended, so has the connection.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { type ErrorData, isWorldly, type NetgraphError } from "../../errors.ts";
import { type DrainOrder, type DrainResult, NOTHING_DRAINED } from "../../graph/core/drain.ts";
import type { Tally } from "../../graph/data/counts.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Hook } from "../../graph/core/hook.ts";
import type { Item } from "../../graph/core/item.ts";
import type { Answer, Handlers } from "../../graph/core/message.ts";
import type { Node } from "../../graph/core/node.ts";
import type { CloseReason } from "../../graph/data/close_reason.ts";
import {
  defineNodeType,
  type Flow,
  type NodeBehaviour,
  type NodeContext,
  type NodeType,
} from "../../graph/core/node_type.ts";
import type { NodeReport } from "../../graph/data/node_report.ts";
import { Pending } from "../../graph/core/pending.ts";
import type { Share } from "../../graph/data/share.ts";
import type { Timings } from "../../graph/data/timings.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint, parseEndpoint, USUAL_ENDPOINTS } from "../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { Acceptor, type Listener } from "./listener/acceptor.ts";
import { DatagramFlows, type FlowsHost } from "./flow/datagram_flows.ts";
import { KSOCKET_COOKIE } from "../address_tag.ts";
import type { Clone, CloneKeeper } from "./listener/clone.ts";
import { type Awaited, awaitedBy } from "./connection/answers.ts";
import { Connection, type ConnectionHost } from "./connection/connection.ts";
import type { Dial } from "./client/dial.ts";
import { changeNoteOfKsocket, checkKsocket, claimsOfKsocket, targetsOfKsocket } from "./ksocket_check.ts";
import { KSOCKET_COMMANDS, type KsocketCommands } from "./ksocket_commands.ts";
import { ConnectionHealth } from "./client/connection_health.ts";
import { KSOCKET_KERNEL } from "./ksocket_kernel.ts";
import type { ListenerHealth } from "./listener/listener_health.ts";
import { unreadFaults } from "./outcomes.ts";
import { KsocketMessages, type KsocketParts } from "./ksocket_messages.ts";
import { shareAddress } from "./listener/shared_address.ts";
import { DEFAULT_CONFIG, defaultConfig, type KsocketConfig, type KsocketConfigPatch } from "./ksocket_config.ts";

/** An accepted connection that a new node takes over. */
interface Adopted {
  readonly socket: Socket;
  readonly config: KsocketConfig;
}

class Ksocket implements NodeBehaviour<KsocketCommands>, Clone, ConnectionHost, KsocketParts, Listener, FlowsHost {
  readonly node: Node;
  readonly takesAnyHook: boolean;
  readonly graph: Graph;
  readonly clock: Clock;
  readonly runtime: SocketRuntime;
  readonly connection: Connection;
  /** Made when it begins to listen: most sockets never do. */
  acceptor: Acceptor | null = null;
  sessions: DatagramFlows | null = null;
  #config: KsocketConfig;
  #health: ConnectionHealth | null = null;
  dial: Dial | null = null;
  #settings: ((socket: Socket) => void)[] | null = null;
  keeper: CloneKeeper | null = null;
  joined = false;
  source: string | null = null;
  prev: Clone | null = null;
  next: Clone | null = null;

  constructor(context: NodeContext, runtime: SocketRuntime, adopted: Adopted | null) {
    this.node = context.node;
    this.graph = context.graph;
    // The same for all: connections are watched in groups, by their clock.
    this.clock = context.graph.clock;
    this.runtime = runtime;
    this.#config = adopted?.config ?? DEFAULT_CONFIG;
    this.takesAnyHook = adopted !== null;
    this.connection = new Connection(this);
    if (adopted !== null) this.connection.takeSocket(adopted.socket, { connected: true });
  }

  get flow(): Flow {
    const { socket } = this.connection;
    return socket === null || socket.endpoint.type === "stream" ? "stream" : "datagram";
  }

  /** Made when something is set: most sockets are as they were opened. */
  get settings(): ((socket: Socket) => void)[] {
    return this.#settings ??= [];
  }

  get endpoint(): Endpoint {
    const { socket } = this.connection;
    if (socket === null) throw new RangeError("Cannot happen: a listener has no socket");
    return socket.endpoint;
  }

  get commands(): Handlers<KsocketCommands> {
    return new KsocketMessages(this);
  }

  // The hook

  addHook(hook: Hook): void {
    const { connection } = this;
    if (connection.socket === null) {
      const socket = this.runtime.open(parseEndpoint(hook.name));
      connection.takeSocket(socket, { connected: false });
      // Whoever told it something else before it had a socket meant that.
      if (this.#config === DEFAULT_CONFIG) this.#config = defaultConfig(socket.endpoint);
    }
    connection.takeHook(hook);
  }

  hookConnected(): void {
    this.connection.hookConnected();
    // A connection that a listener joins to something begins when that is ready.
    if (this.keeper !== null) return;
    if (this.takesAnyHook) this.connection.startStream();
    if (!this.node.held) this.connection.startDatagrams();
  }

  hookRefused(): void {
    this.connection.dropHook();
    if (!this.takesAnyHook) return this.connection.takeBackSocket();
    if (this.keeper === null) this.connection.waitForHook();
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

  // Life

  held(): number {
    return this.connection.held();
  }

  discard(reason: CloseReason): void {
    this.connection.discard(reason);
  }

  released(): void {
    this.acceptor?.release();
    this.connection.settle();
    if (this.connection.phase !== "connecting") this.connection.startDatagrams();
  }

  templateChanged(name: string): void {
    this.acceptor?.templateChanged(name);
  }

  shared(share: Share): void {
    const { socket } = this.connection;
    // Where sharing is set before a socket listens, it has been set by now.
    const isLate = this.runtime.capabilities.sharesBeforeListening === true && this.acceptor !== null;
    if (socket !== null && !isLate) shareAddress(this.node, socket, share);
    // Its part may be a larger one now.
    this.acceptor?.release();
  }

  shutdown(): Pending<null> | void {
    this.dial?.cancel();
    this.#health?.stop();
    this.acceptor?.close();
    // An end would look to the peer as if all had come.
    if (this.keeper !== null && !this.connection.joinsShared) this.connection.discard("shutdown");
    const socket = this.connection.release();
    this.#tellEnd("shutdown");
    if (socket === null) return;
    // An accepted connection's address is its listener's: nobody waits for it.
    if (this.takesAnyHook) return socket.close();
    const released = new Pending<null>();
    socket.close(() => released.resolve(null));
    return released;
  }

  report(): NodeReport {
    const { socket } = this.connection;
    return {
      local: formatAddress(socket?.local ?? null),
      peer: formatAddress(socket?.peer ?? null),
      connections: this.acceptor?.counts() ?? null,
      reasons: this.#reasons(),
      notes: [
        ...socket?.backlogNote === undefined || socket.backlogNote === null ? [] : [socket.backlogNote],
        ...this.acceptor?.notes() ?? [],
      ],
      ...(this.acceptor?.draining === true ? { draining: true } : {}),
      ...this.#faults(),
    };
  }

  #faults(): Pick<NodeReport, "faults"> {
    const { socket, heldMs } = this.connection;
    // The clients of a stream wait; datagrams that are not read are dropped by the system.
    const unread = socket?.endpoint.type === "dgram" ? unreadFaults(heldMs, this.graph.clock) : [];
    const faults = [...this.acceptor?.faults() ?? [], ...this.#health?.faults() ?? [], ...unread];
    return faults.length === 0 ? {} : { faults };
  }

  count(): void {
    this.connection.countSendErrors();
  }

  #reasons(): NodeReport["reasons"] {
    this.count();
    return { ...this.node.counts.reasons };
  }

  drain(order: DrainOrder): Answer<DrainResult> {
    const answer = this.acceptor?.drain(order) ?? NOTHING_DRAINED;
    this.graph.emit({ kind: "changed", scope: this.node.origin.scope });
    return answer;
  }

  undrain(): void {
    this.acceptor?.undrain();
    this.graph.emit({ kind: "changed", scope: this.node.origin.scope });
  }

  // A listener, for its acceptor and connection

  config(): KsocketConfig {
    return this.#config;
  }

  timings(): Timings {
    return this.node.counts.timings;
  }

  movedTogether(): number {
    return this.#together().reduce((sum, { connection }) => sum + connection.moved(), 0);
  }

  sendBlindlyTogether(): boolean {
    return this.#together().some(({ connection }) => connection.sendsBlindly);
  }

  /** The sockets of one connection: that which was accepted and those of its copy. */
  #together(): readonly Ksocket[] {
    const { owner, template } = this.node.origin;
    const accepted = template !== null && owner !== null ? owner : this.node;
    return [accepted, ...accepted.owned].map(({ behaviour }) => behaviour).filter((one) => one instanceof Ksocket);
  }

  request(): void {
    this.connection.socket?.accept();
  }

  accepted(child: Socket): void {
    if (this.acceptor === null) child.abort();
    else this.acceptor.accepted(child);
  }

  acceptFailed(error: NetgraphError): void {
    this.acceptor?.failed(error);
  }

  clone(child: Socket): Ksocket {
    const made: Ksocket[] = [];
    const create = (context: NodeContext): Ksocket => {
      const clone = new Ksocket(context, this.runtime, { socket: child, config: this.#config });
      made.push(clone);
      return clone;
    };
    this.graph.makeOwn(this.node.type, { scope: this.node.origin.scope, owner: this.node, create });
    const [clone] = made;
    if (clone === undefined) throw new RangeError("Cannot happen: a node was made without its behaviour");
    return clone;
  }

  // An accepted connection, for its listener

  get local(): SocketAddress | null {
    return this.connection.socket?.local ?? null;
  }

  get peer(): SocketAddress | null {
    return this.connection.socket?.peer ?? this.connection.formerPeer;
  }

  get endedFull(): boolean {
    return this.connection.endedFull;
  }

  get stallMs(): number {
    const { halfCloseTimeout } = this.#config;
    return halfCloseTimeout > 0 && !this.sendBlindlyTogether()
      ? Math.min(halfCloseTimeout, MAX_STALL_MS)
      : MAX_STALL_MS;
  }

  waitForHook(): void {
    this.connection.waitForHook();
  }

  start(): void {
    this.connection.startStream();
  }

  refuse(): void {
    this.connection.release()?.abort();
    this.graph.shutdown(this.node);
  }

  retire(): void {
    this.connection.retire("drain");
  }

  joinShared(): void {
    this.connection.joinsShared = true;
  }

  // Its messages, which see to the rest

  configure(patch: KsocketConfigPatch): void {
    this.#config = { ...this.#config, ...patch };
    this.connection.configured();
  }

  listens(): void {
    this.acceptor ??= new Acceptor(this);
  }

  takesSessions(socket: Socket): Acceptor {
    this.sessions ??= new DatagramFlows(this, socket);
    return this.acceptor ??= new Acceptor(this);
  }

  /** How it fares as one that connects; made when there is something to be noted. */
  get health(): ConnectionHealth {
    return this.#health ??= new ConnectionHealth(this);
  }

  peerEnded(): Awaited {
    if (this.node.name !== null) this.health.peerEnded();
    const { hook } = this.connection;
    return this.keeper === null || hook === null ? "end" : awaitedBy(hook);
  }

  unconfirmed(): Tally {
    return this.#health?.unconfirmed() ?? { items: 0, bytes: 0 };
  }

  endedUnheard(readsOn: () => boolean): void {
    const address = this.node.entries.find(({ command }) => command === "connect")?.argument ?? null;
    if (address !== null) this.listenerHealth()?.endedUnheard(address, readsOn);
  }

  willConnect(): boolean {
    const { node } = this;
    // A copy of a template ends with the connection that it was made for.
    if (node.name === null) return false;
    if (node.held) return true;
    const entry = node.entries.findLast(({ command }) => command === "connect");
    if (entry === undefined || !entry.declared) return false;
    return entry.phase === "waiting" || (entry.error !== null && isWorldly(entry.error.code));
  }

  datagramSent(): void {
    this.health.datagramSent();
  }

  /** A copy is its clone's, and that its listener's. */
  listenerHealth(): ListenerHealth | null {
    const clone = this.node.origin.owner?.behaviour;
    return clone instanceof Ksocket ? clone.keeper?.health ?? null : null;
  }

  /** The socket has ended by itself. The listener of an accepted connection sees to that; else it is told to all. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void {
    this.dial?.cancel();
    this.#health?.stop();
    // A listener that has died takes nobody any more, though its connections go on.
    this.acceptor?.close();
    if (this.#tellEnd(reason)) return;
    const { graph } = this;
    // A connection that nobody took a hook to is nobody's.
    if (this.takesAnyHook && this.connection.hook === null) return graph.shutdown(this.node);
    const why = error?.toData() ?? ENDED;
    this.node.fail(why, reason);
    const { name, origin: { scope, owner } } = this.node;
    if (name !== null) graph.emit({ kind: "failed", scope, node: name, reason, error: why });
    // Copies come and go: who wants to know how many looks for himself.
    if (name !== null || owner === null) graph.emit({ kind: "changed", scope });
  }

  crashed(error: NetgraphError): void {
    this.connection.crash(error);
  }

  /** Tells the listener of an accepted connection that it is over; false where there is none to tell. */
  #tellEnd(reason: CloseReason): boolean {
    const { keeper } = this;
    this.keeper = null;
    keeper?.ended(this, reason);
    return keeper !== null;
  }
}

/** Not an Error: its stack would be the dearest part of a short connection. */
const ENDED: ErrorData = { code: "ENOTCONN", message: "Connection has ended", subject: {} };

/** The type of ksocket nodes whose sockets come from `runtime`. */
export function ksocketType(runtime: SocketRuntime): NodeType<KsocketCommands> {
  return {
    ...describeKsocket(runtime.capabilities),
    create: (context) => new Ksocket(context, runtime, null),
  };
}

/** The facts of ksocket, for those who check a topology without opening a socket. */
export function describeKsocket(capabilities: Capabilities): NodeType<KsocketCommands> {
  return defineNodeType({
    name: "ksocket",
    kernel: KSOCKET_KERNEL,
    summary: "A socket; its hook's name says which",
    cookie: KSOCKET_COOKIE,
    commands: KSOCKET_COMMANDS,
    hooks: [{
      pattern: "<family>/<type>/<protocol>",
      summary: "What the socket reads comes out, what comes in it sends",
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
      throw new RangeError("Cannot make a ksocket without a socket runtime");
    },
  });
}

/** How long the nodes of a connection that is over may deliver nothing: a collector that stands still costs memory. */
const MAX_STALL_MS = 60_000;

function formatAddress(address: SocketAddress | null): string | null {
  return address === null ? null : sockaddr.format(address);
}
