/**
 * Sends the datagrams of a connection: to the address in their tag, or to its peer, within the limits of the protocol
 * and of the queue.
 *
 * @module
 */

import type { Item } from "../../../graph/core/item.ts";
import type { Socket } from "../../../socket/socket.ts";
import { destinationOf } from "../../address_tag.ts";
import type { FlowSocket } from "../flow/flow_socket.ts";
import type { Refusal } from "./carried.ts";
import type { ConnectionHost, ConnectionPhase } from "./connection_host.ts";

/** The largest datagram that UDP over IPv4 carries, in bytes, and the largest one that is accepted on a local socket. */
const MAX_DATAGRAM = 65_507;
const MAX_LOCAL_DATAGRAM = 256 * 1024;

/** The connection of a datagram socket. */
export interface DatagramSender {
  readonly host: ConnectionHost;
  readonly socket: Socket | null;
  readonly phase: ConnectionPhase;
  /** The socket, where it is one source of datagrams. */
  readonly flow: FlowSocket | null;
}

/**
 * Sends one datagram.
 *
 * @returns why it was not sent; null if it was
 */
export function sendDatagram({ host, socket, phase, flow }: DatagramSender, item: Item): Refusal | null {
  if (socket === null) return "ENOTCONN";
  const tagged = destinationOf(item.tag, host.node.id);
  const connected = phase === "connected";
  if (connected === (tagged !== null)) return connected ? "EISCONN" : "ENOTCONN";
  if (flow?.nameless === true) return "EDESTADDRREQ";
  const most = socket.endpoint.family === "local" ? MAX_LOCAL_DATAGRAM : MAX_DATAGRAM;
  if (item.length > most) return "EMSGSIZE";
  if (socket.queuedBytes + item.length > host.config.maxQueueBytes) return "ENOBUFS";
  socket.send(item, tagged);
  return null;
}
