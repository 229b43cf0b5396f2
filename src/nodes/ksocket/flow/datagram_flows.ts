/**
 * The flows on a bound datagram socket: datagrams are distinguished by their source, and each source is a
 * {@linkcode FlowSocket}. A new source creates one, which the listener then handles.
 *
 * A datagram costs two lookups, by host and by port, which allocate nothing if the runtime returns the same address
 * object for the same source.
 *
 * @module
 */

import type { Timer } from "../../../clock.ts";
import { LinkedList } from "../../../linked_list.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { type ProxyEnds, readProxyHeader } from "../../../socket/proxy_protocol.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import type { AcceptTarget } from "../accept_target.ts";
import type { SocketNode } from "../role.ts";
import { TrustedSources } from "../listener/trusted_sources.ts";
import { GuardedOwner } from "../socket_owners.ts";
import { type FlowHost, type FlowOptions, FlowSocket } from "./flow_socket.ts";
import { FlowTable } from "./flow_table.ts";

/** The content of a first datagram. */
interface DatagramHeader {
  /** The ends that it names; null without a header. */
  readonly client: ProxyEnds | null;
  /** The data behind it. */
  readonly rest: Octets;
}

/** Reads the headers at one listener. */
class DatagramHeaders {
  readonly #trusted = new TrustedSources();

  /** The header of a first datagram, or why it is refused. */
  read(octets: Octets, from: SocketAddress, target: AcceptTarget): DatagramHeader | string {
    const { buffer, offset, length } = octets;
    const isTrusted = this.#trusted.has(from, target);
    if (!isTrusted && target.proxyProtocol === "require") return "the address is not in trusted";
    const reading = readProxyHeader(buffer.bytes.subarray(offset, offset + length));
    switch (reading.kind) {
      case "none":
        if (target.proxyProtocol === "require") return "it does not begin with a PROXY header";
        return { client: null, rest: octets };
      case "more":
        // A datagram is whole: this is the beginning of other data, unless a header is required.
        if (target.proxyProtocol === "require") return "its PROXY header is not complete";
        return { client: null, rest: octets };
      case "malformed":
        return `its PROXY header is malformed: ${reading.why}`;
      case "header": {
        if (!isTrusted) return "it sends a PROXY header, and the address is not in trusted";
        const { header, length: taken } = reading;
        return { client: header, rest: { buffer, offset: offset + taken, length: length - taken } };
      }
    }
  }
}

/** The listener of the flows. */
export interface FlowListener {
  /** Creates flows of new sources; without it the socket has no flows. */
  readonly target: AcceptTarget | null;
  /** There is a new source. */
  onAccepted(flow: FlowSocket): void;
  /** A datagram of a new source has no PROXY header, a malformed one, or one that is not to be trusted. */
  onHeaderRefused(from: SocketAddress, why: string): void;
}

/** The flows on one socket; they own it. */
export class DatagramFlows implements SocketOwner, FlowHost {
  readonly socket: Socket;
  readonly #own: SocketNode;
  readonly #listener: FlowListener;
  readonly #table = new FlowTable<FlowSocket>();
  /** The longest idle one is first. */
  readonly #order = new LinkedList<FlowSocket>();
  /** The flow of the last datagram: usually the next one belongs to it too. */
  #last: FlowSocket | null = null;
  readonly #headers = new DatagramHeaders();

  constructor(own: SocketNode, { listener, socket }: { readonly listener: FlowListener; readonly socket: Socket }) {
    this.#own = own;
    this.#listener = listener;
    this.socket = socket;
    socket.owner = new GuardedOwner(this, own.node);
  }

  get maxQueueBytes(): number {
    return this.#own.config.maxQueueBytes;
  }

  /** Ends the one that has been idle for longest; false if there is none. */
  evict(): boolean {
    const holder = this.#order.first?.holder ?? null;
    holder?.retire("evicted");
    return holder !== null;
  }

  // From the socket

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const { connection } = this.#own;
    if (from === null) return connection.arrived(octets, from);
    const flow = this.#find(from);
    if (flow !== null) return this.#pass(flow, octets);
    const { target } = this.#listener;
    if (target === null) return connection.arrived(octets, from);
    const header = this.#readHeader(octets, from, target);
    if (header === null) return;
    const begun = this.#begin({ source: from, client: header.client, replies: target.replies ?? 0 });
    if (begun !== null) this.#pass(begun, header.rest);
  }

  #pass(flow: FlowSocket, octets: Octets): void {
    this.touched(flow);
    if (!flow.take(octets)) this.#own.connection.carried.drop("queue_full", octets.length);
  }

  /** The client that the first datagram of a source names, and its data; null if it is refused. */
  #readHeader(octets: Octets, from: SocketAddress, target: AcceptTarget): DatagramHeader | null {
    if (target.proxyProtocol === undefined) return { client: null, rest: octets };
    const header = this.#headers.read(octets, from, target);
    if (typeof header !== "string") return header;
    this.#listener.onHeaderRefused(from, header);
    return null;
  }

  drained(): void {
    this.#own.connection.drained();
  }

  failed(error: Parameters<SocketOwner["failed"]>[0]): void {
    this.#own.connection.failed(error);
  }

  /** Never: a datagram socket has no end. */
  ended(): void {}

  /** Never: it was not requested. */
  accepted(child: Socket): void {
    child.abort();
  }

  /** Never: it was not requested. */
  acceptFailed(): void {}

  // From the flows

  touched(flow: FlowSocket): void {
    if (flow === this.#order.last) return;
    this.#order.remove(flow);
    this.#order.add(flow);
  }

  left(flow: FlowSocket): void {
    this.#table.delete(flow);
    this.#order.remove(flow);
    if (this.#last === flow) this.#last = null;
  }

  dropped(bytes: number): void {
    this.#own.connection.carried.drop("no_destination", bytes);
  }

  later(act: () => void): Timer {
    return this.#own.clock.after(0, act);
  }

  #find(from: SocketAddress): FlowSocket | null {
    const last = this.#last;
    if (last !== null && last.source === from) return last;
    return this.#last = this.#table.find(from);
  }

  /** @returns null if it was not admitted */
  #begin(options: FlowOptions): FlowSocket | null {
    const flow = new FlowSocket(this, options);
    this.#table.add(flow);
    this.#order.add(flow);
    this.#listener.onAccepted(flow);
    return this.#table.find(options.source);
  }
}
