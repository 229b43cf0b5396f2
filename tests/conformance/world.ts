/**
 * One socket runtime under test, with addresses that are free and the few steps that most tests begin with.
 *
 * @module
 */

import type { NetgraphError } from "../../src/errors.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import type { Capabilities, RuntimeName, SocketKind } from "../../src/socket/capability.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../src/socket/socket.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import { Recorder } from "./recorder.ts";

/** How a runtime is put under test. */
export interface Subject {
  readonly name: RuntimeName;
  readonly capabilities: Capabilities;
  /** Why it cannot run here, or null. */
  readonly skip: string | null;
  /** What TLS is configured to, for streams of protocol tls in place of tcp. */
  readonly tls?: TlsOptions;
  /** Makes the runtime. */
  open(): SocketRuntime;
  /** A folder for local sockets and what removes it. */
  folder(): { path: string; remove(): void };
  /** Removes the path of a local socket, as another program would. */
  removePath(path: string): void;
}

/** A socket and who owns it. */
export interface Owned {
  readonly socket: Socket;
  readonly owner: Recorder;
}

/** Both ends of a connection. */
export interface Pair {
  readonly client: Owned;
  readonly server: Owned;
  readonly listener: Owned;
}

const ENDPOINTS: Readonly<Record<Exclude<SocketKind, "other">, string>> = {
  "inet/stream": "inet/stream/tcp",
  "inet6/stream": "inet6/stream/tcp",
  "local/stream": "local/stream/0",
  "inet/dgram": "inet/dgram/udp",
  "inet6/dgram": "inet6/dgram/udp",
  "local/dgram": "local/dgram/0",
};

/** A kind of socket that has an API of its own. */
export type PlainKind = keyof typeof ENDPOINTS;

/** A runtime in a test. */
export class World {
  readonly sockets: SocketRuntime;
  readonly #folder: string;
  readonly #tls: TlsOptions | null;
  #paths = 0;

  constructor(sockets: SocketRuntime, folder: string, tls: TlsOptions | null = null) {
    this.sockets = sockets;
    this.#folder = folder;
    this.#tls = tls;
  }

  /** Opens a socket. */
  open(kind: PlainKind): Owned {
    const name = this.#tls === null ? ENDPOINTS[kind] : ENDPOINTS[kind].replace(/tcp$/, "tls");
    const socket = this.sockets.open(parseEndpoint(name));
    if (this.#tls !== null && socket.endpoint.tls) socket.setTls?.(this.#tls);
    const owner = new Recorder();
    socket.owner = owner;
    return { socket, owner };
  }

  /** An address of loopback with a port that the system chooses, or a path that is free. */
  free(kind: PlainKind): SocketAddress {
    if (kind.startsWith("inet6")) return { family: "inet6", host: "::1", port: 0, zone: null };
    if (kind.startsWith("inet")) return { family: "inet", host: "127.0.0.1", port: 0 };
    return { family: "local", path: `${this.#folder}/${this.#paths++}` };
  }

  /** A listener at `address`, or at a free one. */
  listen(kind: PlainKind, address: SocketAddress = this.free(kind)): Owned & { address: SocketAddress } {
    const { socket, owner } = this.open(kind);
    socket.bind(address);
    socket.listen(16);
    return { socket, owner, address: localOf(socket) };
  }

  /** A bound datagram socket that reads. */
  receiver(kind: PlainKind): Owned & { address: SocketAddress } {
    const { socket, owner } = this.open(kind);
    socket.bind(this.free(kind));
    socket.resume();
    return { socket, owner, address: localOf(socket) };
  }

  /** A connection, neither end of which reads yet. */
  async pair(kind: PlainKind): Promise<Pair> {
    const listener = this.listen(kind);
    const client = this.open(kind);
    listener.socket.accept();
    const [error] = await Promise.all([
      connected(client.socket, listener.address),
      listener.owner.until(() => listener.owner.children.length === 1),
    ]);
    if (error !== null) throw error;
    const server = listener.owner.children[0];
    if (server === undefined) throw new Error("No connection was accepted");
    return { client, server, listener };
  }
}

/** Runs `body` with a fresh runtime, and ends it. */
export async function withWorld(subject: Subject, body: (world: World) => Promise<void>): Promise<void> {
  const folder = subject.folder();
  const sockets = subject.open();
  try {
    await body(new World(sockets, folder.path, subject.tls));
  } finally {
    await sockets.close();
    folder.remove();
  }
}

/** Connects and settles with what `done` gets. */
export function connected(socket: Socket, address: SocketAddress): Promise<NetgraphError | null> {
  return new Promise((resolve) => socket.connect(address, resolve));
}

/** The address of a socket that has one. */
export function localOf(socket: Socket): SocketAddress {
  if (socket.local === null) throw new Error("The socket has no address");
  return socket.local;
}
