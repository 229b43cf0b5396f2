/**
 * The calls that make sockets on Deno, with our addresses as arguments and our errors as failures.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { DatagramSink } from "./datagram_sender.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { fromDenoAddress, hostText } from "./address.ts";
import { withZoneOf } from "../core/endpoint_address.ts";
import { makeAside } from "../host/path_mode.ts";
import { systemError } from "../system_error.ts";

/** A stream connection, TCP or unix. */
export type DenoStreamConn = Deno.TcpConn | Deno.UnixConn;

/** A stream listener, TCP or unix. */
export type DenoStreamListener = Deno.TcpListener | Deno.UnixListener;

/** A listener that was opened. */
export interface OpenListener {
  readonly listener: DenoStreamListener;
  /** The path is a symbolic link of ours, which Deno does not know. */
  readonly isLinked: boolean;
}

/** A datagram socket that has an address. */
export interface BoundDatagrams {
  /** Receives; null for an unnamed one, which cannot be a destination. */
  readonly conn: Deno.DatagramConn | null;
  /** Sends: the same socket if Deno can do both at the same time. */
  readonly sink: DatagramSink;
  readonly local: SocketAddress;
  /** Closes it; a second call does nothing. */
  close(): void;
}

/**
 * Listens.
 *
 * @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES, ENAMETOOLONG, ENOTCAPABLE …
 */
export function openListener(
  address: SocketAddress,
  options: { backlog: number; reusePort: boolean; mode: number | null },
): OpenListener {
  try {
    if (address.family === "local") {
      return bindPath({ path: address.path, mode: options.mode }, (path, isLinked) => {
        const listener = Deno.listen({ transport: "unix", path });
        return { listener, isLinked, close: () => listener.close() };
      });
    }
    const { hostname, port } = netTarget(address);
    const tcpBacklog = Math.max(1, options.backlog);
    return { listener: Deno.listen({ hostname, port, reusePort: options.reusePort, tcpBacklog }), isLinked: false };
  } catch (error) {
    throw systemError(error, `Cannot bind ${sockaddr.format(address)} and listen`);
  }
}

/**
 * Binds a path: if it has a mode, out of reach of other processes until the mode is set.
 *
 * @param make creates the file; its argument says whether the path is to be a link to that file
 */
function bindPath<T extends { close(): void }>(
  { path, mode }: { path: string; mode: number | null },
  make: (path: string, isLinked: boolean) => T,
): T {
  const isFile = path !== "" && !path.startsWith("\0");
  const made = mode === null || !isFile ? null : makeAside({ path, mode }, (aside) => make(aside, true));
  return made ?? make(path, false);
}

/** Connects a stream; rejects with Deno's error. */
export function openConnection(address: SocketAddress, signal: AbortSignal): Promise<DenoStreamConn> {
  if (address.family !== "local") return Deno.connect({ ...netTarget(address), signal });
  // Deno 2.9.6 accepts no signal for unix sockets; they connect or fail immediately.
  return Deno.connect({ transport: "unix", path: address.path });
}

/**
 * Opens a datagram socket with an address.
 *
 * @throws NetgraphError as openListener
 */
export function openDatagrams(
  address: SocketAddress,
  { mode, ...options }: { reuseAddress: boolean; loopback: boolean; mode: number | null },
): BoundDatagrams {
  try {
    requireDatagrams();
    if (address.family === "local") return openUnixDatagrams(address.path, mode);
    const conn = Deno.listenDatagram({ transport: "udp", ...netTarget(address), ...options });
    return { conn, sink: conn, local: withZoneOf(address, fromDenoAddress(conn.addr)), close: closeOnce(conn) };
  } catch (error) {
    throw systemError(error, `Cannot bind ${sockaddr.format(address)}`);
  }
}

function requireDatagrams(): void {
  if (typeof Deno.listenDatagram === "function") return;
  throw new NetgraphError("ENOSYS", 'Cannot open a datagram socket: Deno was started without "--unstable-net"');
}

/**
 * A unix datagram socket of Deno 2.9.6 cannot send while a receive is pending ("Busy"), so one that has a path sends
 * from a second socket without a path: its receivers cannot see its path.
 */
function openUnixDatagrams(path: string, mode: number | null): BoundDatagrams {
  const sink = Deno.listenDatagram({ transport: "unixpacket" });
  const local = { family: "local", path } as const;
  if (path === "") return { conn: null, sink, local, close: closeOnce(sink) };
  try {
    const conn = bindPath({ path, mode }, (at) => Deno.listenDatagram({ transport: "unixpacket", path: at }));
    return { conn, sink, local, close: closeOnce(conn, sink) };
  } catch (error) {
    sink.close();
    throw error;
  }
}

function closeOnce(...conns: Deno.DatagramConn[]): () => void {
  let open = true;
  return () => {
    if (open) { for (const conn of conns) conn.close(); }
    open = false;
  };
}

function netTarget(address: SocketAddress): { hostname: string; port: number } {
  switch (address.family) {
    case "inet":
    case "inet6":
      return { hostname: hostText(address), port: address.port };
    default:
      throw new NetgraphError("EAFNOSUPPORT", `Deno has no sockets for ${sockaddr.format(address)}`);
  }
}
