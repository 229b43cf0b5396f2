/**
 * Socket addresses as Deno writes them, and back.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { isWildcard, sockaddr, type SocketAddress } from "../socket/address.ts";
import type { Endpoint } from "../socket/endpoint.ts";
import { formatIpv6, parseIpv6 } from "../socket/ip.ts";

/** An address in its ASCII form, for messages. */
export function addressText(address: SocketAddress): string {
  return sockaddr.format(address);
}

/** A host as Deno takes it: a link-local IPv6 address with its zone. */
export function hostText(address: SocketAddress & { family: "inet" | "inet6" }): string {
  return address.family === "inet6" && address.zone !== null ? `${address.host}%${address.zone}` : address.host;
}

/** What Deno says of an end, in our terms. */
export function fromDenoAddress(address: Deno.Addr): SocketAddress {
  switch (address.transport) {
    case "tcp":
    case "udp": {
      const { hostname: host, port } = address;
      if (!host.includes(":")) return { family: "inet", host, port };
      const [bare = host, zone = null] = host.split("%", 2);
      return { family: "inet6", host: formatIpv6(parseIpv6(bare)), port, zone };
    }
    case "unix":
    case "unixpacket":
      // Deno's type says string, but an end without a name has null.
      return { family: "local", path: address.path ?? "" };
    default:
      throw new NetgraphError("EAFNOSUPPORT", `Cannot read an address of transport "${address.transport}"`);
  }
}

/** The address that means any of this host's, with a port that the system chooses. */
export function wildcardOf(endpoint: Endpoint): SocketAddress {
  switch (endpoint.family) {
    case "inet":
      return { family: "inet", host: "0.0.0.0", port: 0 };
    case "inet6":
      return { family: "inet6", host: "::", port: 0, zone: null };
    default:
      return { family: "local", path: "" };
  }
}

/** Where a socket that nobody bound sends from: loopback when its peer is there, so that no more is open than needed. */
export function sourceFor(endpoint: Endpoint, peer: SocketAddress | null): SocketAddress {
  if (peer?.family === "inet" && peer.host.startsWith("127.")) return { family: "inet", host: "127.0.0.1", port: 0 };
  if (peer?.family === "inet6" && peer.host === "::1") return { family: "inet6", host: "::1", port: 0, zone: null };
  return wildcardOf(endpoint);
}

/** True for a bind that leaves all to the system. */
export function isUnspecific(address: SocketAddress): boolean {
  return isWildcard(address) && "port" in address && address.port === 0;
}

/**
 * Refuses an address that is none of the socket's family.
 *
 * @throws NetgraphError EAFNOSUPPORT
 */
export function checkFamily(endpoint: Endpoint, address: SocketAddress): void {
  if (address.family === endpoint.family) return;
  const message = `Cannot use ${addressText(address)} on a socket of family "${endpoint.family}"`;
  throw new NetgraphError("EAFNOSUPPORT", message);
}

/** True when both name the same end; formats nothing, because every datagram is asked. */
export function sameEnd(a: SocketAddress, b: SocketAddress): boolean {
  if (a === b) return true;
  switch (a.family) {
    case "inet":
      return b.family === "inet" && a.port === b.port && a.host === b.host;
    case "inet6":
      // Deno does not tell the zone of a source.
      return b.family === "inet6" && a.port === b.port && a.host === b.host;
    case "local":
      return b.family === "local" && a.path === b.path;
    default:
      return false;
  }
}

/** Remembers the last address in each direction, so that a flow between two ends makes no objects. */
export class AddressCache {
  #ours: SocketAddress | null = null;
  #oursAsDeno: Deno.Addr | null = null;
  #theirs: SocketAddress | null = null;

  /** As Deno's `send` takes it. */
  toDeno(address: SocketAddress): Deno.Addr {
    if (this.#ours === address && this.#oursAsDeno !== null) return this.#oursAsDeno;
    this.#ours = address;
    return this.#oursAsDeno = toDenoAddress(address);
  }

  /** The source of a datagram; the same object as last time when the source is the same. */
  fromDeno(address: Deno.Addr): SocketAddress {
    const last = this.#theirs;
    if (last !== null && isDeno(last, address)) return last;
    return this.#theirs = fromDenoAddress(address);
  }
}

function toDenoAddress(address: SocketAddress): Deno.Addr {
  if (address.family === "local") return { transport: "unixpacket", path: address.path };
  if (address.family === "inet" || address.family === "inet6") {
    return { transport: "udp", hostname: hostText(address), port: address.port };
  }
  throw new NetgraphError("EAFNOSUPPORT", `Deno has no sockets for ${addressText(address)}`);
}

function isDeno(known: SocketAddress, address: Deno.Addr): boolean {
  if (address.transport === "udp") {
    return (known.family === "inet" || known.family === "inet6") && known.port === address.port &&
      known.host === address.hostname;
  }
  return known.family === "local" && address.transport === "unixpacket" && known.path === address.path;
}
