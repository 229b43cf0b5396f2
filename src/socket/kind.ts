/**
 * The kind of socket of an endpoint, as capabilities distinguish them.
 *
 * @module
 */

import type { SocketKind } from "./capability.ts";
import type { Endpoint } from "./endpoint.ts";

const TCP = 6;
const UDP = 17;

/** True for sockets that connect, accept and end: streams, and packets in order. All others count as datagrams. */
export function connects({ type }: Endpoint): boolean {
  return type === "stream" || type === "seqpacket";
}

/** The kind of socket that `endpoint` asks for; `other` if no runtime has an API for it. */
export function socketKind(endpoint: Endpoint): SocketKind {
  const { family, type, protocol } = endpoint;
  if (family !== "inet" && family !== "inet6" && family !== "local") return "other";
  if (type !== "stream" && type !== "dgram") return "other";
  const usual = family === "local" ? 0 : type === "stream" ? TCP : UDP;
  return protocol === 0 || protocol === usual ? `${family}/${type}` : "other";
}
