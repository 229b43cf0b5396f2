/**
 * Which addresses fit which socket: wildcards, sources, families.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";

/** The wildcard address of a family, with a port that the system chooses. */
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

/** The source address of an unbound socket: loopback if its peer is on loopback, to open no more than necessary. */
export function sourceFor(endpoint: Endpoint, peer: SocketAddress | null): SocketAddress {
  if (peer?.family === "inet" && peer.host.startsWith("127.")) return { family: "inet", host: "127.0.0.1", port: 0 };
  if (peer?.family === "inet6" && peer.host === "::1") return { family: "inet6", host: "::1", port: 0, zone: null };
  return wildcardOf(endpoint);
}

/**
 * The address that the system reports, with the zone of the requested address: some hosts report no zone, and the
 * system reports numbers as names.
 */
export function withZoneOf(asked: SocketAddress | null, reported: SocketAddress): SocketAddress {
  if (asked?.family !== "inet6" || asked.zone === null || reported.family !== "inet6") return reported;
  return reported.host === asked.host ? { ...reported, zone: asked.zone } : reported;
}

/** True for a bind that leaves address and port to the system. */
export function isUnspecific(address: SocketAddress): boolean {
  return isWildcard(address) && "port" in address && address.port === 0;
}

/**
 * Rejects an address of a family other than the socket's.
 *
 * @throws NetgraphError EAFNOSUPPORT
 */
export function checkFamily(endpoint: Endpoint, address: SocketAddress): void {
  if (address.family === endpoint.family) return;
  const message = `Cannot use ${sockaddr.format(address)} on a socket of family "${endpoint.family}"`;
  throw new NetgraphError("EAFNOSUPPORT", message);
}

/** True when both addresses are the same; formats nothing, because it is called for every datagram. */
export function sameEnd(a: SocketAddress, b: SocketAddress): boolean {
  if (a === b) return true;
  switch (a.family) {
    case "inet":
      return b.family === "inet" && a.port === b.port && a.host === b.host;
    case "inet6":
      // Deno does not report the zone of a source.
      return b.family === "inet6" && a.port === b.port && a.host === b.host;
    case "local":
      return b.family === "local" && a.path === b.path;
    default:
      return false;
  }
}
