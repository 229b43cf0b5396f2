/**
 * A graph for programs: the calls of libnetgraph(3), in whichever thread the graph is.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { ConnectHooks, MakePeer } from "../../graph/message/generic.ts";
import type { CommandTable, ReplyOf } from "../../graph/core/command.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { SessionNode, SessionReply, TypeCount } from "../../graph/session/session.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { graphHere } from "../open_graph.ts";
import { GraphSocket, type SocketOptions, type TypedMessage, type TypedReply } from "./graph_socket.ts";
import { loadExtraTypes, type TypeSource } from "../worker/node_modules.ts";
import { openByName, type OpeningByName } from "../opening.ts";

/** The options of opening a graph: over a socket runtime of this host, or over given sockets. */
export type GraphOpening = OpeningByName | OpeningOverSockets;

/** A graph over given sockets: those of a `MemoryNetwork`. */
export interface OpeningOverSockets {
  /** The sockets; the graph closes them. */
  readonly sockets: SocketRuntime;
  /** The clock. */
  readonly clock: Clock;
  /** Additional node types. */
  readonly types?: readonly TypeSource[];
}

/** The parts of a graph. */
type GraphBehind = Pick<GraphPort, "openSession" | "close">;

/**
 * Nodes that are joined by hooks, and the operations on them.
 *
 * Its messages come from a socket node of its own, to which relative paths are relative: nodes that are created with
 * `mkpeer(".", …)` are linked to it, until the graph is closed. Data is sent and received by `socket()`.
 *
 * @example
 * ```ts
 * import { Graph } from "@sockgraph/sockgraph";
 *
 * await using graph = await Graph.open({ runtime: "memory" });
 * await graph.mkpeer(".", { type: "ksocket", ourhook: "server", peerhook: "inet/stream/tcp" });
 * await graph.name("server", "web");
 * await graph.msg("web:", "bind inet/127.0.0.1:80");
 * await graph.msg("web:", "listen 128");
 * console.log((await graph.msg("web:", "getname")).text); // inet/127.0.0.1:80
 * ```
 */
export class Graph implements AsyncDisposable {
  readonly #port: GraphBehind;
  #own: Promise<GraphSocket> | null = null;

  private constructor(port: GraphBehind) {
    this.#port = port;
  }

  /**
   * Opens a graph without nodes, over real sockets unless `runtime` is `memory`. With runtime `posix` it is in a
   * separate thread.
   *
   * @throws NetgraphError ENOSYS for a runtime that this host does not offer, ENOTCAPABLE without its permission
   */
  static async open(opening: GraphOpening = {}): Promise<Graph> {
    if ("sockets" in opening) {
      const { types: extra } = await loadExtraTypes(opening.types ?? []);
      return new Graph(graphHere(opening.sockets, opening.clock, { extra }).port);
    }
    return new Graph((await openByName(opening)).graph.port);
  }

  /**
   * An existing graph, which its owner closes: {@linkcode Graph.close} ends the nodes that are linked to its own
   * socket.
   */
  static of(port: Pick<GraphPort, "openSession">): Graph {
    return new Graph({
      openSession: (name, listener) => port.openSession(name, listener),
      close: () => Promise.resolve(),
    });
  }

  /** Opens the program's own node, with its own hooks. */
  socket(options: SocketOptions = {}): Promise<GraphSocket> {
    return GraphSocket.open(this.#port, options);
  }

  /** Creates a node and links it to the one at `path`: `.` is the graph's own socket. */
  async mkpeer(path: string, peer: MakePeer): Promise<void> {
    await (await this.#socket()).mkpeer(path, peer);
  }

  /** Links the node at `path` to the one at `hooks.path`, which is relative to the first. */
  async connect(path: string, hooks: ConnectHooks): Promise<void> {
    await (await this.#socket()).connect(path, hooks);
  }

  /** Gives a node a name. */
  async name(path: string, name: string): Promise<void> {
    await (await this.#socket()).name(path, name);
  }

  /** Removes a hook of a node, if it exists. */
  async rmhook(path: string, hook: string): Promise<void> {
    await (await this.#socket()).rmhook(path, hook);
  }

  /** Ends a node. */
  async shutdown(path: string): Promise<void> {
    await (await this.#socket()).shutdown(path);
  }

  /**
   * Sends a message and waits for its reply, without a time limit.
   *
   * @param message as typed, `bind inet/127.0.0.1:80`, or with a value
   * @throws NetgraphError the error of the node
   */
  msg(path: string, message: string): Promise<SessionReply>;
  /** The same with a value. */
  msg<C extends CommandTable, K extends keyof C & string>(
    path: string,
    message: TypedMessage<C, K>,
  ): Promise<TypedReply<ReplyOf<C[K]>>>;
  async msg(path: string, message: string | TypedMessage<CommandTable, string>): Promise<SessionReply> {
    const socket = await this.#socket();
    return typeof message === "string" ? await socket.msg(path, message) : await socket.msg(path, message);
  }

  /** The node at a path, or all of them, the newest first. */
  async nodes(path: string | null = null): Promise<readonly SessionNode[]> {
    return await (await this.#socket()).nodes(path);
  }

  /** The types of node, and the number of nodes of each. */
  async types(): Promise<readonly TypeCount[]> {
    return await (await this.#socket()).types();
  }

  /** Shuts every node down and closes their sockets. */
  async close(): Promise<void> {
    if (this.#own !== null) await (await this.#own).close();
    await this.#port.close();
  }

  /** Shuts every node down and closes their sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Data that arrives at it is not read: it is dropped, and no path waits for it. */
  #socket(): Promise<GraphSocket> {
    this.#own ??= this.socket({ queueBytes: 0, overflow: "drop-newest" });
    return this.#own;
  }
}
