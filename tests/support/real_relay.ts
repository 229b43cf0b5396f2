/**
 * A graph on the system's sockets in the test's thread, with one scope `t`, and the test's own sockets at both sides of
 * a listener that relays.
 *
 * @module
 */

import { parseText } from "../../src/ascii/parse.ts";
import { Graph } from "../../src/graph/core/graph.ts";
import type { Node } from "../../src/graph/core/node.ts";
import type { HookRow } from "../../src/graph/data/counts.ts";
import type { GraphEvent } from "../../src/graph/data/event.ts";
import { localPort } from "../../src/graph/port/port_local.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import { sessionEnd } from "../../src/nodes/session_end.ts";
import type { Libc } from "../../src/runtimes/posix/library.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { Recorder } from "../conformance/recorder.ts";
import { openDriven } from "../runtimes/posix/subject.ts";

const HOOK = "inet/stream/tcp";

/** The test's own sockets of one connection. */
export interface Ends {
  readonly client: Socket;
  readonly server: Socket;
}

/** A relay between the test's own sockets. */
export class RealRelay implements AsyncDisposable {
  /** Bytes that the system has moved from a socket into a pipe. */
  moved = 0;
  readonly events: GraphEvent[] = [];
  readonly graph: Graph;
  readonly port: GraphPort;
  /** Sockets that the relay's target has accepted. */
  readonly served: Socket[] = [];
  readonly target: string;
  readonly #own = openDriven();
  #pairing: Promise<unknown> = Promise.resolve();
  readonly #server: { readonly socket: Socket; readonly owner: Recorder };

  /** @param onServed becomes the owner of what the target accepts */
  constructor(onServed: (socket: Socket) => void = () => {}) {
    const sockets = openDriven((libc) => this.#counting(libc));
    this.graph = new Graph({ types: builtinTypes(sockets), clock: sockets.posix.clock });
    this.port = localPort(this.graph, { sessionEnd, release: () => sockets.close() });
    this.graph.subscribe((event) => this.events.push(event));
    this.#server = this.#socket();
    this.#server.socket.bind({ family: "inet", host: "127.0.0.1", port: 0 });
    this.#server.socket.listen(512);
    this.target = sockaddr.format(addressOf(this.#server.socket));
    this.#server.owner.accepted = (socket) => {
      socket.owner = new Recorder();
      this.served.push(socket);
      onServed(socket);
      this.#server.owner.wake();
      this.#server.socket.accept();
    };
    this.#server.socket.accept();
  }

  /** Brings up the listener `front`; `accept` has `TARGET` for the address of the target. */
  async listen(accept = "{ connect=TARGET }", template: string | null = null): Promise<void> {
    await this.port.openScope("t");
    await this.port.send("t/:", "mkpeer", `{ type="ksocket" ourhook="front" peerhook="${HOOK}" }`);
    if (template !== null) await this.template(template);
    for (const message of ["bind inet/127.0.0.1:0", "listen 512"]) await this.msg("t/front:", message);
    await this.accept(accept);
    await this.port.send("t/:", "release", null);
  }

  accept(accept: string): Promise<void> {
    return this.msg("t/front:", `accept ${accept.replaceAll("TARGET", this.target)}`);
  }

  template(text: string): Promise<void> {
    return this.msg("t/:", `settemplate { name="copy" ${text.replaceAll("TARGET", this.target)} }`);
  }

  /** Sends a message to a node. */
  async msg(path: string, message: string): Promise<void> {
    const [command = "", ...words] = message.split(" ");
    const declared = path.startsWith("t/") && path !== "t/:";
    await this.port.send(path, command, words.length === 0 ? null : words.join(" "), { declared });
  }

  /** A connection of the test's own to the listener. */
  async connect(): Promise<Socket> {
    const { socket } = this.#socket();
    const [front] = this.node("front").hooks.values();
    const address = parseText(sockaddr, this.graph.scope("t").node("front").behaviour.report?.().local ?? "");
    if (front === undefined) throw new RangeError("No listener");
    const error = await new Promise<Error | null>((done) => socket.connect(address, done));
    if (error !== null) throw error;
    return socket;
  }

  /** A connection through the relay: its two ends, which are read. One is made after the other. */
  pair(): Promise<Ends> {
    const pair = this.#pairing.then(() => this.#pair());
    this.#pairing = pair;
    return pair;
  }

  async #pair(): Promise<Ends> {
    const count = this.served.length;
    const client = await this.connect();
    client.resume();
    await this.#server.owner.until(() => this.served.length > count);
    const server = this.served[count];
    if (server === undefined) throw new RangeError("Nothing was accepted");
    server.resume();
    return { client, server };
  }

  node(name: string): Node {
    return this.graph.scope("t").node(name);
  }

  /** Nodes of connections and of their targets. */
  undeclared(): readonly Node[] {
    return this.graph.allNodes().filter(({ origin }) => !origin.declared && origin.owner !== null);
  }

  /** What a node's hook has carried in its row. */
  traffic(node: Node): Pick<HookRow, "in" | "out"> {
    const [hook] = node.hooks.values();
    if (hook === undefined) throw new RangeError(`Node "${node.path}" has no hook`);
    return { in: { ...hook.row.in }, out: { ...hook.row.out } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.port.close();
    await this.#own.close();
  }

  #socket(): { readonly socket: Socket; readonly owner: Recorder } {
    const socket = this.#own.open(parseEndpoint(HOOK));
    const owner = new Recorder();
    socket.owner = owner;
    return { socket, owner };
  }

  #counting(libc: Libc): Libc {
    return {
      ...libc,
      splice: (from, fromOffset, to, toOffset, length, flags) => {
        const moved = libc.splice(from, fromOffset, to, toOffset, length, flags);
        // Each byte is moved into a pipe, and out of it.
        if (moved > 0) this.moved += moved / 2;
        return moved;
      },
    };
  }
}

function addressOf({ local }: Socket): SocketAddress {
  if (local === null) throw new RangeError("The socket has no address");
  return local;
}
