/**
 * Sends the datagrams of a connection: to the address in their tag, or to its peer, within the limits of the protocol
 * and of the queue.
 *
 * @module
 */

import { SharedBuffer } from "../../../buffer.ts";
import type { Item } from "../../../graph/core/item.ts";
import type { Octets, Socket } from "../../../socket/socket.ts";
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
  /** The PROXY header of the first datagram; null once it is sent. */
  preamble: Uint8Array<ArrayBuffer> | null;
}

/**
 * Sends one datagram.
 *
 * @returns why it was not sent; null if it was
 */
export function sendDatagram(sender: DatagramSender, item: Item): Refusal | null {
  const { host, socket, phase, flow, preamble } = sender;
  if (socket === null) return "ENOTCONN";
  const tagged = destinationOf(item.tag, host.node.id);
  const connected = phase === "connected";
  if (connected === (tagged !== null)) return connected ? "EISCONN" : "ENOTCONN";
  if (flow?.nameless === true) return "EDESTADDRREQ";
  const most = socket.endpoint.family === "local" ? MAX_LOCAL_DATAGRAM : MAX_DATAGRAM;
  const length = item.length + (preamble?.length ?? 0);
  if (length > most) return "EMSGSIZE";
  if (socket.queuedBytes + length > host.config.maxQueueBytes) return "ENOBUFS";
  sender.preamble = null;
  socket.send(preamble === null ? item : withPreamble(preamble, item), tagged);
  return null;
}

function withPreamble(preamble: Uint8Array<ArrayBuffer>, { buffer, offset, length }: Octets): Octets {
  const bytes = new Uint8Array(preamble.length + length);
  bytes.set(preamble);
  bytes.set(buffer.bytes.subarray(offset, offset + length), preamble.length);
  return { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
}
