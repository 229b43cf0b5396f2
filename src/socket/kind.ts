/**
 * Which kind of socket an endpoint asks for, as capabilities tell them apart.
 *
 * @module
 */

import type { SocketKind } from "./capability.ts";
import type { Endpoint } from "./endpoint.ts";

const TCP = 6;
const UDP = 17;

/** True for sockets that connect, accept and end: streams, and packets in order. All others are like datagrams. */
export function connects({ type }: Endpoint): boolean {
  return type === "stream" || type === "seqpacket";
}

/** The kind of socket that `endpoint` asks for; `other` for what has no native API anywhere. */
export function socketKind(endpoint: Endpoint): SocketKind {
  const { family, type, protocol, tls } = endpoint;
  if (tls || (family !== "inet" && family !== "inet6" && family !== "local")) return "other";
  if (type !== "stream" && type !== "dgram") return "other";
  const usual = family === "local" ? 0 : type === "stream" ? TCP : UDP;
  return protocol === 0 || protocol === usual ? `${family}/${type}` : "other";
}
