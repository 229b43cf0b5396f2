/**
 * Which addresses go with which socket: wildcards, sources, families.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";

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

/**
 * What the system says of an address that was asked for, with the zone as it was asked for: some hosts tell none, and
 * the system has a name for each number.
 */
export function withZoneOf(asked: SocketAddress | null, told: SocketAddress): SocketAddress {
  if (asked?.family !== "inet6" || asked.zone === null || told.family !== "inet6") return told;
  return told.host === asked.host ? { ...told, zone: asked.zone } : told;
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
  const message = `Cannot use ${sockaddr.format(address)} on a socket of family "${endpoint.family}"`;
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
