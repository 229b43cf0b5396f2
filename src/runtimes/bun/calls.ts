/**
 * The calls that make sockets on Bun, with our addresses as arguments and our errors as failures.
 *
 * @module
 */

import { createConnection, type NetConnectOpts, type Socket as NetSocket } from "node:net";
import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { fromBunAddress, netTarget } from "./address.ts";
import { localCalls } from "./local_calls.ts";
import { LocalConnecting } from "./local_connecting.ts";
import {
  type BunDatagramHandlers,
  type BunDatagrams,
  bunGlobal,
  type BunListener,
  isBunDatagrams,
  isWire,
  type Wire,
  type WireHandlers,
} from "./types.ts";
import { isUnspecific } from "../core/endpoint_address.ts";
import { systemError } from "../system_error.ts";

/** The handlers of all connections: each connection's own `data` decides. */
const HANDLERS: WireHandlers = {
  binaryType: "uint8array",
  open: () => {},
  data: (wire, bytes) => wire.data?.data(bytes),
  end: (wire) => wire.data?.end(),
  drain: (wire) => wire.data?.drain(),
  close: (wire, error) => wire.data?.close(error),
  // An exception of an owner arrives here, and ends the connection of the call, like a failed read.
  error: (wire, error) => {
    if (wire.data === null || wire.data === undefined) throw error;
    wire.data.close(error);
  },
};

/** A longer path, including its final zero, is not valid for a socket on Linux. */
const MAX_PATH_OCTETS = 108;

/** A listener and its address. */
export interface OpenListener {
  readonly listener: BunListener;
  readonly local: SocketAddress;
}

/**
 * Listens. Connections arrive immediately.
 *
 * @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES, ENAMETOOLONG …
 */
export function openListener(
  address: SocketAddress,
  options: { reusePort: boolean; ipv6Only: boolean; arrived: (wire: Wire) => void },
): OpenListener {
  const action = `Cannot bind ${sockaddr.format(address)} and listen`;
  const { reusePort, ipv6Only, arrived } = options;
  const socket = { ...HANDLERS, open: arrived };
  try {
    if (address.family === "local") {
      requirePath(address.path, action);
      return {
        listener: bunGlobal().listen({ unix: address.path, allowHalfOpen: true, socket }),
        local: address,
      };
    }
    const { host, port } = netTarget(address);
    const target = { hostname: host, port, reusePort, ipv6Only };
    const listener = bunGlobal().listen({ ...target, allowHalfOpen: true, socket });
    return { listener, local: withPort(address, listener.port ?? port) };
  } catch (error) {
    throw systemError(error, action);
  }
}

/** A connect in progress. */
export interface Connecting {
  /** Cancels it; `failed` follows with ECANCELED. */
  cancel(): void;
  /** Resolves when it has ended in any way. */
  readonly settled: Promise<void>;
}

/**
 * Connects a stream.
 *
 * A connect of `Bun.connect` cannot be canceled (1.4.5), and one to a silent host would keep a file descriptor for two
 * minutes. One of `node:net` can; the connection that it creates is Bun's own, and is then taken over from it.
 */
export function openConnection(
  address: SocketAddress,
  options: ConnectionOptions,
): Connecting {
  const action = `Cannot connect to ${sockaddr.format(address)}`;
  if (address.family !== "local") return connectByNode(address, options);
  requirePath(address.path, action);
  return connectPath(address, options);
}

/** Where a connection comes from, and the receiver of its events. */
export interface ConnectionOptions {
  /** The requested source, if there is one. */
  readonly from: SocketAddress | null;
  readonly clock: Clock;
  connected(wire: Wire): void;
  failed(error: NetgraphError): void;
}

/** Connects to a path by the C library; if there is no known one, as to any other address. */
function connectPath(address: SocketAddress & { family: "local" }, options: ConnectionOptions): Connecting {
  const end = Promise.withResolvers<void>();
  let other: Connecting | null = null;
  const connecting = new LocalConnecting({
    path: address.path,
    calls: localCalls(),
    clock: options.clock,
    done: (result) => {
      if (result === null) {
        other = connectByNode(address, options);
        return void other.settled.then(end.resolve);
      }
      end.resolve();
      if (result instanceof NetgraphError) return options.failed(result);
      adopt(result.fd, options);
    },
  });
  return { cancel: () => other === null ? connecting.cancel() : other.cancel(), settled: end.promise };
}

/** Creates a connection from a connected descriptor. */
function adopt(fd: number, { connected, failed }: ConnectionOptions): void {
  let opened = false;
  const open = (wire: Wire): void => {
    opened = true;
    connected(wire);
  };
  bunGlobal().connect({ fd, allowHalfOpen: true, socket: { ...HANDLERS, open } }).catch((error) => {
    if (opened) throw error;
    failed(systemError(error, "Cannot take over a connection"));
  });
}

function connectByNode(address: SocketAddress, { from, connected, failed }: ConnectionOptions): Connecting {
  const action = `Cannot connect to ${sockaddr.format(address)}`;
  const socket = createConnection({ ...targetOf(address, from), allowHalfOpen: true });
  socket.pause(); // Nothing must be read before it is taken over.
  const end = Promise.withResolvers<void>();
  let failure = new NetgraphError("ECANCELED", `${action}: it was canceled`);
  socket.on("error", (error) => failure = systemError(error, action));
  socket.once("close", () => {
    end.resolve();
    failed(failure);
  });
  socket.once("connect", () => {
    socket.removeAllListeners();
    end.resolve();
    connected(takeOver(socket));
  });
  return { cancel: () => void socket.destroy(), settled: end.promise };
}

/**
 * Opens a UDP socket with an address. It receives immediately.
 *
 * @throws NetgraphError as openListener
 */
export function openDatagrams(
  address: SocketAddress,
  options: { flags: number; socket: BunDatagramHandlers },
): { datagrams: BunDatagrams; local: SocketAddress } {
  const action = `Cannot bind ${sockaddr.format(address)}`;
  const { host, port } = netTarget(address);
  try {
    const bun = bunGlobal();
    // The promise of Bun 1.4.5 has settled when it is returned, and errors are thrown.
    const datagrams = bun.peek(bun.udpSocket({ hostname: host, port, binaryType: "uint8array", ...options }));
    if (!isBunDatagrams(datagrams)) {
      throw new NetgraphError("ENOSYS", `${action}: this version of Bun does not bind immediately`);
    }
    return { datagrams, local: withPort(address, datagrams.address.port) };
  } catch (error) {
    throw systemError(error, action);
  }
}

/** A connection's own address; null if Bun does not report it: on a path, or after the connection has closed. */
export function localOf({ localAddress, localPort }: Wire): SocketAddress | null {
  return addressOf(localAddress, localPort);
}

/** The address of a connection's peer; null as above, and for a peer that has reset the connection. */
export function peerOf({ remoteAddress, remotePort }: Wire): SocketAddress | null {
  return addressOf(remoteAddress, remotePort);
}

function addressOf(host: string | undefined, port: number | undefined): SocketAddress | null {
  return host === undefined || port === undefined ? null : fromBunAddress(host, port);
}

function withPort(address: SocketAddress, port: number): SocketAddress {
  return address.family === "inet" || address.family === "inet6" ? { ...address, port } : address;
}

function targetOf(address: SocketAddress, from: SocketAddress | null): NetConnectOpts {
  if (address.family === "local") return { path: address.path };
  const target = netTarget(address);
  if (from === null || isUnspecific(from)) return target;
  const source = netTarget(from);
  return { ...target, localAddress: source.host, ...(source.port === 0 ? {} : { localPort: source.port }) };
}

function takeOver(socket: NetSocket): Wire {
  const wire: unknown = Reflect.get(socket, "_handle");
  if (!isWire(wire)) {
    socket.destroy();
    throw new TypeError("Cannot take over a connection from node:net: this version of Bun stores it elsewhere");
  }
  // From here on node:net receives no events; Bun still writes one property of its own to the object in `data`.
  wire.data = { data: () => {}, end: () => {}, drain: () => {}, close: () => {} };
  wire.reload({ socket: HANDLERS });
  return wire;
}

function requirePath(path: string, action: string): void {
  if (path === "") throw new NetgraphError("EINVAL", `${action}: the path is empty`);
  // Bun 1.4.5 reports EINVAL.
  if (new TextEncoder().encode(path).length < MAX_PATH_OCTETS) return;
  throw new NetgraphError("ENAMETOOLONG", `${action}: the path has more than ${MAX_PATH_OCTETS - 1} octets`);
}
