/**
 * ksocket: a node that is a socket (ng_ksocket(4)).
 *
 * Hooks: one, whose name says which socket: `<family>/<type>/<protocol>`. Joining it opens the socket, losing it closes
 * the socket and ends the node. The hook of an accepted connection (a clone) may have any name.
 * Messages: bind, listen, connect, accept, getname, getpeername, setopt, getopt; ours: setconfig, getconfig, send.
 *
 * What comes in by the hook goes out of the socket and the other way round. A stream's end is told to the hook, and one
 * that the hook tells is passed to the peer; when both directions have ended, so has the connection.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Hook } from "../graph/hook.ts";
import { Item } from "../graph/item.ts";
import type { Answer, CallContext, Handlers } from "../graph/message.ts";
import type { Node } from "../graph/node.ts";
import {
  type CloseReason,
  defineNodeType,
  type NodeBehaviour,
  type NodeContext,
  type NodeReport,
  type NodeType,
  type Traffic,
} from "../graph/node_type.ts";
import { Pending } from "../graph/pending.ts";
import { SharedBuffer } from "../buffer.ts";
import { encodeText } from "../ascii/octets.ts";
import { type AcceptReply, type ConnectAddress, sockaddr, type SocketAddress } from "../socket/address.ts";
import type { Capabilities } from "../socket/capability.ts";
import { formatEndpoint, parseEndpoint } from "../socket/endpoint.ts";
import type { SocketOption } from "../socket/option.ts";
import type { Octets, Socket, SocketOwner, SocketRuntime } from "../socket/socket.ts";
import type { AcceptTarget } from "./accept_target.ts";
import { Acceptor, type Clone } from "./acceptor.ts";
import { ActivityWatch } from "./activity.ts";
import { AddressTag, destinationOf, KSOCKET_COOKIE } from "./address_tag.ts";
import { reasonOf } from "./close_reason.ts";
import { Dial } from "./dial.ts";
import { checkKsocket, claimsOfKsocket } from "./ksocket_check.ts";
import { KSOCKET_COMMANDS, type KsocketCommands } from "./ksocket_commands.ts";
import { DEFAULT_CONFIG, type KsocketConfig } from "./ksocket_config.ts";

/** The largest datagram that UDP over IPv4 carries, in octets. */
const MAX_DATAGRAM = 65_507;

/** An accepted connection that a new node takes over. */
interface Adopted {
  readonly socket: Socket;
  readonly config: KsocketConfig;
}

/** What a connection is doing. */
type Phase = "idle" | "listening" | "connecting" | "connected" | "ended";

class Ksocket implements NodeBehaviour<KsocketCommands>, SocketOwner, Clone {
  readonly node: Node;
  readonly takesAnyHook: boolean;
  readonly commands: Handlers<KsocketCommands>;
  readonly #graph: Graph;
  readonly #context: NodeContext;
  readonly #runtime: SocketRuntime;
  readonly #watch: ActivityWatch;
  readonly #item = new Item();
  readonly #acceptor: Acceptor;
  #socket: Socket | null;
  #hook: Hook | null = null;
  /** The hook whose counters tell what was carried, also when it is gone. */
  #counted: Hook | null = null;
  #config: KsocketConfig;
  #phase: Phase;
  #dial: Dial | null = null;
  #readEnded = false;
  #writeEnded = false;
  /** Called once when an accepted connection has ended; its listener sets it. */
  whenEnded: ((reason: CloseReason) => void) | null = null;
  /** True when the connection joined a node that others share: its end ends nobody else. */
  joinsShared = false;

  constructor(context: NodeContext, runtime: SocketRuntime, adopted: Adopted | null) {
    this.node = context.node;
    this.#context = context;
    this.#graph = context.graph;
    this.#runtime = runtime;
    this.takesAnyHook = adopted !== null;
    this.#socket = adopted?.socket ?? null;
    this.#config = adopted?.config ?? DEFAULT_CONFIG;
    this.#phase = adopted === null ? "idle" : "connected";
    this.commands = this.#handlers();
    this.#acceptor = new Acceptor({
      graph: context.graph,
      node: context.node,
      config: () => this.#config,
      request: () => this.#open("accept").accept(),
      clone: (child) => this.#clone(child),
    });
    this.#watch = new ActivityWatch(context.clock, {
      count: () => this.#hook === null ? 0 : this.#hook.inItems + this.#hook.outItems,
      expired: () => this.#expire(),
    });
    if (adopted !== null) {
      adopted.socket.owner = this;
      this.#watch.start(this.#config.embryoTimeout);
    }
  }

  // The hook

  addHook(hook: Hook): void {
    if (this.#hook !== null) {
      throw new NetgraphError(
        "EISCONN",
        `Cannot add hook "${hook.name}" to "${this.node.path}": a ksocket has one hook`,
      );
    }
    if (this.#socket === null) {
      this.#socket = this.#runtime.open(parseEndpoint(hook.name));
      this.#socket.owner = this;
    }
    this.#hook = hook;
    this.#counted = hook;
  }

  hookConnected(): void {
    if (this.#phase === "connected") this.#watch.start(this.#config.idleTimeout);
  }

  hookRemoved(): void {
    this.#hook = null;
    this.#graph.shutdown(this.node);
  }

  // From the graph to the socket

  receive(hook: Hook, item: Item): void | false {
    const socket = this.#socket;
    if (socket === null || this.#phase === "ended") return hook.drop("no_destination");
    if (socket.endpoint.type !== "stream") return this.#receiveDatagram(hook, socket, item);
    if (item.kind === "abort") {
      this.#end("reset", null);
      return;
    }
    if (this.#phase !== "connected" && this.#phase !== "connecting") return hook.drop("no_destination");
    if (item.kind === "data") return this.#writeEnded ? hook.drop("no_destination") : socket.send(item, null);
    this.#endWrite(socket);
  }

  #receiveDatagram(hook: Hook, socket: Socket, item: Item): void {
    // A datagram socket has no directions to end.
    if (item.kind !== "data") return;
    const tagged = destinationOf(item.tag, this.node.id);
    const connected = this.#phase === "connected";
    if (connected === (tagged !== null)) return hook.drop("no_destination");
    if (item.length > MAX_DATAGRAM) return hook.drop("too_big");
    if (socket.queuedBytes + item.length > this.#config.maxQueueBytes) return hook.drop("queue_full");
    socket.send(item, tagged);
  }

  resumed(): void {
    this.#socket?.resume();
  }

  // From the socket to the graph

  /** Octets have come. */
  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const item = this.#item.carry(octets.buffer, octets.offset, octets.length);
    if (from !== null) item.tag = new AddressTag(this.node.id, from);
    return this.#hook?.send(item);
  }

  ended(): void {
    this.#readEnded = true;
    this.#hook?.send(this.#item.signal("eof"));
    const socket = this.#socket;
    if (socket === null || this.#phase === "ended") return;
    // Others go on with the shared node; what they say to this connection has nobody to hear it.
    if (this.joinsShared) this.#endWrite(socket);
    else if (!this.#writeEnded) this.#watch.start(this.#config.halfCloseTimeout);
    else this.#end("eof", null);
  }

  drained(): void {
    this.#hook?.resume();
  }

  accepted(child: Socket): void {
    this.#acceptor.accepted(child);
  }

  failed(error: NetgraphError): void {
    this.#hook?.send(this.#item.signal("abort"));
    this.#socket = null;
    this.#end(reasonOf(error), error);
  }

  acceptFailed(error: NetgraphError): void {
    this.#acceptor.failed(error);
  }

  // Life

  released(): void {
    this.#acceptor.release();
    if (this.#phase !== "connecting") this.#startDatagrams();
  }

  /** An accepted connection begins to be read. */
  start(): void {
    if (this.#phase === "connected") this.#socket?.resume();
  }

  /** Ends an accepted connection that nothing could be made of; the peer sees a reset where the runtime can. */
  refuse(): void {
    this.#phase = "ended";
    this.#socket?.abort();
    this.#socket = null;
    this.#graph.shutdown(this.node);
  }

  shutdown(): Pending<null> | void {
    this.#watch.stop();
    this.#dial?.cancel();
    this.#acceptor.close();
    const socket = this.#socket;
    this.#socket = null;
    this.#phase = "ended";
    this.#tellEnd("shutdown");
    if (socket === null) return;
    // An accepted connection's address is its listener's: nobody waits for it.
    if (this.takesAnyHook) return socket.close();
    const freed = new Pending<null>();
    socket.close(() => freed.resolve(null));
    return freed;
  }

  traffic(): { readonly in: Traffic; readonly out: Traffic } {
    const hook = this.#counted;
    return {
      in: { bytes: hook?.outBytes ?? 0, items: hook?.outItems ?? 0 },
      out: { bytes: hook?.inBytes ?? 0, items: hook?.inItems ?? 0 },
    };
  }

  report(): NodeReport {
    const listening = this.#phase === "listening";
    return {
      local: formatAddress(this.#socket?.local ?? null),
      peer: formatAddress(this.#socket?.peer ?? null),
      connections: listening ? this.#acceptor.counts() : null,
      traffic: listening ? this.#acceptor.traffic() : this.traffic(),
      reasons: { ...this.#acceptor.reasons(), ...Object.fromEntries(this.#socket?.sendErrors ?? []) },
      notes: [],
    };
  }

  // Messages

  #handlers(): Handlers<KsocketCommands> {
    return {
      bind: (address, context) => this.#bind(address, context),
      listen: (backlog) => this.#listen(backlog),
      accept: (target, context) => this.#accept(target, context),
      connect: (address) => this.#connect(address),
      getname: () => this.#addressOf("getname"),
      getpeername: () => this.#addressOf("getpeername"),
      setopt: (option) => this.#setOption(option),
      getopt: (asked) => this.#open("getopt").getOption(asked),
      setconfig: (patch) => {
        this.#config = { ...this.#config, ...patch };
        return null;
      },
      getconfig: () => this.#config,
      send: (text) => this.#send(text),
    };
  }

  #bind(address: SocketAddress, context: CallContext): Answer<null> {
    const socket = this.#open("bind");
    const bind = (): null => {
      this.#explain(`bind "${this.node.path}" to ${sockaddr.format(address)}`, address, () => {
        if (socket.bind(address) === "deferred") context.defer();
      });
      if (!this.node.held) this.#startDatagrams();
      return null;
    };
    if (address.family !== "local" || this.#config.unlink === "never") return bind();
    const later = new Pending<null>();
    this.#runtime.removeStale(address.path, () => {
      // Whatever came of it, bind itself says best what is wrong with the path.
      try {
        later.resolve(bind());
      } catch (error) {
        later.reject(error);
      }
    });
    return later;
  }

  #listen(backlog: number): null {
    const socket = this.#open("listen");
    const address = formatAddress(socket.local);
    const at = address === null ? "" : ` at ${address}`;
    this.#explain(`listen on "${this.node.path}"${at}`, socket.local, () => socket.listen(backlog));
    this.node.log.settleDeferred();
    this.#phase = "listening";
    return null;
  }

  #accept(target: AcceptTarget | null, context: CallContext): Answer<AcceptReply | null> {
    if (this.#phase !== "listening") {
      throw new NetgraphError("EINVAL", `Cannot accept on "${this.node.path}": it does not listen`);
    }
    if (target !== null) {
      this.#acceptor.arm(target);
      return null;
    }
    const reply = this.#acceptor.once();
    // A topology does not wait for somebody to come.
    return context.declared ? null : reply;
  }

  #connect(address: ConnectAddress): Answer<number> {
    const socket = this.#open("connect");
    if (this.#phase === "connecting") {
      throw new NetgraphError("EALREADY", `Cannot connect "${this.node.path}": it is connecting already`);
    }
    const { node } = this;
    const former = this.#phase;
    const reply = new Pending<number>();
    this.#phase = "connecting";
    this.#dial = new Dial(
      {
        runtime: this.#runtime,
        clock: this.#context.clock,
        socket,
        address,
        timeoutMs: this.#config.connectTimeout,
        node: node.path,
      },
      (error) => {
        this.#dial = null;
        if (error !== null) {
          this.#phase = former === "connected" ? "connected" : "idle";
          return reply.reject(error);
        }
        this.#phase = "connected";
        node.log.settleDeferred();
        reply.resolve(0);
        this.#connected();
      },
    );
    return reply;
  }

  #connected(): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (socket.endpoint.type === "stream") {
      this.#watch.start(this.#config.idleTimeout);
      socket.resume();
    } else if (!this.node.held) this.#startDatagrams();
  }

  #setOption(option: SocketOption): null {
    this.#open("setopt").setOption(option);
    return null;
  }

  #send(text: string): null {
    const socket = this.#open("send");
    if (this.#phase !== "connected") {
      throw new NetgraphError("ENOTCONN", `Cannot send on "${this.node.path}": it is not connected`);
    }
    const bytes = new Uint8Array(encodeText(text));
    socket.send({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length }, null);
    return null;
  }

  #addressOf(query: "getname" | "getpeername"): SocketAddress {
    const socket = this.#open(query);
    if (query === "getname") return socket.local ?? unnamed(socket);
    if (socket.peer !== null) return socket.peer;
    throw new NetgraphError("ENOTCONN", `Cannot tell the peer of "${this.node.path}": it is not connected`);
  }

  // Parts

  #open(message: string): Socket {
    if (this.#socket !== null) return this.#socket;
    const why = this.#phase === "ended" ? "its socket has ended" : "it has no hook, and so no socket";
    throw new NetgraphError("ENXIO", `Cannot send "${message}" to "${this.node.path}": ${why}`);
  }

  #clone(child: Socket): Ksocket {
    const made: Ksocket[] = [];
    const type: NodeType<KsocketCommands> = {
      ...ksocketType(this.#runtime),
      create: (context) => {
        const clone = new Ksocket(context, this.#runtime, { socket: child, config: this.#config });
        made.push(clone);
        return clone;
      },
    };
    this.#graph.makeOwn(type, { scope: this.node.origin.scope, owner: this.node });
    const [clone] = made;
    if (clone === undefined) throw new RangeError("Cannot happen: a node was made without its behaviour");
    return clone;
  }

  /** Datagrams are read once all of the bring-up is done, so that the first one finds everything in place. */
  #startDatagrams(): void {
    if (this.#socket !== null && this.#socket.endpoint.type === "dgram") this.#socket.resume();
  }

  #endWrite(socket: Socket): void {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    if (this.#phase === "connected" || this.#phase === "connecting") socket.shutdown();
    if (this.#readEnded) this.#end("eof", null);
    else this.#watch.start(this.#config.halfCloseTimeout);
  }

  #expire(): void {
    const embryo = this.#hook === null;
    const reason = this.#readEnded || this.#writeEnded ? "half_close_timeout" : "idle_timeout";
    this.#hook?.send(this.#item.signal("abort"));
    if (embryo) this.refuse();
    else this.#end(reason, new NetgraphError("ETIMEDOUT", `Connection of "${this.node.path}" was idle for too long`));
  }

  /** The connection is over. Without an error what is queued still goes out. */
  #end(reason: CloseReason, error: NetgraphError | null): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#watch.stop();
    this.#dial?.cancel();
    if (reason === "eof") this.#socket?.close();
    else this.#socket?.abort();
    this.#socket = null;
    if (this.#tellEnd(reason)) return;
    const why = error ?? new NetgraphError("ENOTCONN", `Connection of "${this.node.path}" has ended`);
    this.node.fail(why, reason);
    const { name, origin: { scope } } = this.node;
    if (name !== null) this.#graph.emit({ kind: "failed", scope, node: name, reason, error: why.toData() });
    this.#graph.emit({ kind: "changed", scope });
  }

  /** Tells the listener of an accepted connection that it is over; false where there is none to tell. */
  #tellEnd(reason: CloseReason): boolean {
    const tell = this.whenEnded;
    this.whenEnded = null;
    tell?.(reason);
    return tell !== null;
  }

  /** Says what could not be done, where the runtime only says why. */
  #explain(what: string, address: SocketAddress | null, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      const text = formatAddress(address);
      const subject = { node: this.node.path, ...(text === null ? {} : { address: text }) };
      throw new NetgraphError(error.code, `Cannot ${what}: ${error.message}`, { subject, cause: error });
    }
  }
}

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
    summary: "A socket; its hook's name says which",
    cookie: KSOCKET_COOKIE,
    commands: KSOCKET_COMMANDS,
    hooks: [{
      pattern: "<family>/<type>/<protocol>",
      summary: "What the socket reads comes out, what comes in it sends",
    }],
    hookDecides: true,
    endsWithLastHook: true,
    parseHook: (name: string): string => formatEndpoint(parseEndpoint(name)),
    flow: (hook) => parseEndpoint(hook).type === "stream" ? "stream" : "datagram",
    claims: claimsOfKsocket,
    check: (node) => checkKsocket(node, capabilities),
    create: () => {
      throw new RangeError("Cannot make a ksocket without a socket runtime");
    },
  });
}

function formatAddress(address: SocketAddress | null): string | null {
  return address === null ? null : sockaddr.format(address);
}

/** What getsockname(2) answers for a socket that was never bound. */
function unnamed(socket: Socket): SocketAddress {
  const { family } = socket.endpoint;
  if (family === "inet6") return { family: "inet6", host: "::", port: 0, zone: null };
  return family === "local" ? { family: "local", path: "" } : { family: "inet", host: "0.0.0.0", port: 0 };
}
