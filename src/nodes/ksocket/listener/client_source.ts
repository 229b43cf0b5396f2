/**
 * The address of a client, and its source, for limits per source: an IPv4 address, or the /64 of an IPv6 address, because a host with
 * IPv6 may use every address of its /64.
 *
 * @module
 */

import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket } from "../../../socket/socket.ts";
import { formatIpv4, formatIpv6, isMapped, parseIpv6 } from "../../../socket/ip.ts";

/** The peer of a local socket, which has no name. */
export const UNNAMED_ADDRESS: SocketAddress = { family: "local", path: "" };

/** The bytes of an IPv6 address that belong to its source. */
const PREFIX_BYTES = 8;

/** The source in limits per source, as text: `192.0.2.1`, `2001:db8::/64`, `local`. */
export function limitSource(peer: SocketAddress): string {
  if (peer.family === "inet") return peer.host;
  if (peer.family !== "inet6") return "local";
  const octets = parseIpv6(peer.host);
  if (isMapped(octets)) return formatIpv4(octets.subarray(12));
  return `${formatIpv6(octets.fill(0, PREFIX_BYTES))}/64`;
}

/** The address of a peer without its port, as text; `local` for a local socket. */
export function hostOf(peer: SocketAddress): string {
  return peer.family === "inet" || peer.family === "inet6" ? peer.host : "local";
}

/** The peer of an accepted connection. */
export function peerOf({ peer }: Socket): SocketAddress {
  return peer ?? UNNAMED_ADDRESS;
}
