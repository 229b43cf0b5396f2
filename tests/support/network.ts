/**
 * A graph whose ksockets live in a network in memory, with one scope `t`, and the test's own sockets at its other side.
 *
 * @module
 */

import type { Clock } from "../../src/clock.ts";
import { NetgraphError } from "../../src/errors.ts";
import { parseText } from "../../src/ascii/parse.ts";
import type { GraphEvent } from "../../src/graph/data/event.ts";
import { Graph } from "../../src/graph/core/graph.ts";
import type { HookRow } from "../../src/graph/data/counts.ts";
import type { Hook } from "../../src/graph/core/hook.ts";
import type { Node } from "../../src/graph/core/node.ts";
import { localPort } from "../../src/graph/port/port_local.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import type { NodeReport } from "../../src/graph/data/node_report.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import { sessionEnd } from "../../src/nodes/session_end.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../src/socket/socket.ts";
import { octetsOf, Recorder } from "../conformance/recorder.ts";

/** A socket of the test's own. */
export interface Peer {
  readonly socket: Socket;
  readonly owner: Recorder;
  send(text: string): void;
}

/** Where a test begins. */
export const FRONT = "inet/127.0.0.1:80";

/** A graph in a network. */
export class Network {
  readonly memory: MemoryNetwork = new MemoryNetwork();
  readonly sockets: SocketRuntime = this.memory.openSockets();
  readonly graph: Graph;
  readonly port: GraphPort;
  readonly events: GraphEvent[] = [];
  readonly #own: SocketRuntime = this.memory.openSockets();

  constructor() {
    const clock: Clock = this.memory.clock;
    this.graph = new Graph({ types: builtinTypes(this.sockets), clock });
    this.port = localPort(this.graph, { sessionEnd, release: () => this.sockets.close() });
    this.graph.subscribe((event) => this.events.push(event));
  }

  // The graph

  /** Declares a node and sends its messages, each as one types it. A ksocket is held by the anchor. */
  async declare(name: string, type: string, messages: readonly string[] = []): Promise<Node> {
    const hook = type.includes("/") ? ` peerhook="${type}"` : "";
    await this.port.send("t/:", "mkpeer", `{ type="${hook === "" ? type : "ksocket"}" ourhook="${name}"${hook} }`);
    for (const message of messages) await this.msg(name, message, { declared: true });
    return this.node(name);
  }

  /** Declares a node whose hook goes to another one. */
  async declareAt(name: string, link: { hook: string; to: string }, messages: readonly string[] = []): Promise<Node> {
    const [peer = "", peerHook] = link.to.split(":");
    await this.port.send("t/:", "mkpeer", `{ type="ksocket" ourhook="${name}" }`);
    const end = peerHook === undefined ? "" : ` peerhook="${peerHook}"`;
    await this.port.send("t/:", "link", `{ node="${name}" hook="${link.hook}" peer="${peer}"${end} }`);
    for (const message of messages) await this.msg(name, message, { declared: true });
    return this.node(name);
  }

  /** A listener at {@linkcode FRONT} whose connections become what `target` says. */
  async listen(target: string, before: readonly string[] = []): Promise<Node> {
    const node = await this.declare("front", "inet/stream/tcp", [...before, `bind ${FRONT}`, "listen 128"]);
    if (target !== "") await this.msg("front", `accept ${target}`, { declared: true });
    await this.release();
    return node;
  }

  /** Defines a template; its references are its own. */
  async template(name: string, text: string): Promise<void> {
    await this.port.send("t/:", "settemplate", `{ name="${name}" ${text.split("${").join("$${")} }`);
  }

  /** Sends a message to a node of scope `t`, or to one by its id. Its reply's text. */
  async msg(node: string, message: string, options: { declared?: boolean } = {}): Promise<string | null> {
    const blank = message.indexOf(" ");
    const command = blank < 0 ? message : message.slice(0, blank);
    const path = node.startsWith("[") ? `${node}:` : `t/${node}:`;
    return (await this.port.send(path, command, blank < 0 ? null : message.slice(blank + 1), options)).text;
  }

  /** All of the bring-up is done. */
  async release(): Promise<void> {
    await this.port.send("t/:", "release", null);
  }

  node(name: string): Node {
    return this.graph.scope("t").node(name);
  }

  report(name: string): NodeReport {
    const report = this.node(name).behaviour.report?.();
    if (report === undefined) throw new RangeError(`Node "${name}" reports nothing`);
    return report;
  }

  /** What the hook of a node has carried, and the connections that it accepted. */
  traffic(name: string): Pick<HookRow, "in" | "out"> {
    const { in: came, out } = this.hook(this.node(name)).row;
    return { in: { ...came }, out: { ...out } };
  }

  /** The one hook of a node. */
  hook(node: Node): Hook {
    const [hook] = node.hooks.values();
    if (hook === undefined) throw new RangeError(`Node "${node.path}" has no hook`);
    return hook;
  }

  /** Undeclared nodes: connections and copies. */
  undeclared(): readonly Node[] {
    return this.graph.allNodes().filter((node) => !node.origin.declared);
  }

  // The other side

  /** A socket of the test's own. */
  socket(hook = "inet/stream/tcp"): Peer {
    const socket = this.#own.open(parseEndpoint(hook));
    const owner = new Recorder();
    socket.owner = owner;
    return peerOf(socket, owner);
  }

  /** A connection of the test's own; fails when it is refused. It reads. */
  async connect(address = FRONT, hook = "inet/stream/tcp"): Promise<Peer> {
    const peer = this.socket(hook);
    const error = await new Promise<NetgraphError | null>((done) => {
      peer.socket.connect(parseText(sockaddr, address), done);
    });
    if (error !== null) throw error;
    peer.socket.resume();
    return peer;
  }

  /** A server of the test's own, which takes `count` connections and reads them. */
  serve(address: string, count = 1000): { readonly peers: Peer[]; readonly listener: Peer } {
    const listener = this.socket(address.startsWith("inet6") ? "inet6/stream/tcp" : "inet/stream/tcp");
    const peers: Peer[] = [];
    listener.socket.bind(parseText(sockaddr, address));
    listener.socket.listen(128);
    listener.owner.accepted = (socket) => {
      const owner = new Recorder();
      socket.owner = owner;
      peers.push(peerOf(socket, owner));
      socket.resume();
    };
    for (let asked = 0; asked < count; asked++) listener.socket.accept();
    return { peers, listener };
  }

  /** A local server of the test's own. */
  serveLocal(path: string): void {
    const listener = this.socket("local/stream/0");
    listener.socket.bind({ family: "local", path });
    listener.socket.listen(128);
  }

  /** A datagram socket of the test's own, which reads. */
  datagrams(address: string): Peer {
    const peer = this.socket("inet/dgram/udp");
    peer.socket.bind(parseText(sockaddr, address));
    peer.socket.resume();
    return peer;
  }

  idle(): Promise<void> {
    return this.memory.idle();
  }

  async close(): Promise<void> {
    await this.port.close();
    await this.#own.close();
    await this.idle();
  }
}

/** Runs `body` in a network of its own, and sees that nothing is left of it. */
export async function withNetwork(body: (network: Network) => Promise<void>): Promise<void> {
  const network = new Network();
  await network.port.openScope("t");
  try {
    await body(network);
  } finally {
    await network.close();
  }
  const left = network.graph.allNodes().map((node) => `${node.type.name} ${node.path}`);
  if (left.length > 0) throw new Error(`Nodes are left: ${left.join(", ")}`);
}

/** Sends a datagram. */
export function sendTo(peer: Peer, address: string, text: string): void {
  peer.socket.send(octetsOf(text), parseText(sockaddr, address));
}

/** True if an error is a NetgraphError of that code. */
export function code(desired: string): (error: unknown) => boolean {
  return (error) => error instanceof NetgraphError && error.code === desired;
}

function peerOf(socket: Socket, owner: Recorder): Peer {
  return { socket, owner, send: (text) => void socket.send(octetsOf(text), null) };
}
