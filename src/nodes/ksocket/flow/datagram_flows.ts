/**
 * The sessions on a bound datagram socket: what comes is told apart by its source, and each source is a
 * {@linkcode FlowSocket}. A source that is new begins one; what becomes of it is the acceptor's.
 *
 * A datagram costs two look-ups, by host and by port, which make nothing where the runtime hands out the same address
 * for the same source.
 *
 * @module
 */

import { LinkedList } from "../../../linked_list.ts";
import type { Clock, Timer } from "../../../clock.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import type { AcceptTarget } from "../listener/accept_target.ts";
import { GuardedOwner } from "../connection/guarded_owner.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import { type FlowHost, FlowSocket } from "./flow_socket.ts";
import { FlowTable } from "./flow_table.ts";

/** The listener, as its sessions see it. */
export interface FlowsHost {
  readonly node: Node;
  readonly clock: Clock;
  config(): KsocketConfig;
  /** What becomes of those who come; without it new sources are nobody's, and the socket is as any other. */
  readonly acceptor: { readonly target: AcceptTarget | null; accepted(child: Socket): void } | null;
  /** Who has the socket besides. */
  readonly connection: SocketOwner & { dropped(reason: CloseReason, bytes: number): void };
}

/** The sessions on one socket; they own it. */
export class DatagramFlows implements SocketOwner, FlowHost {
  readonly socket: Socket;
  readonly #host: FlowsHost;
  readonly #table = new FlowTable<FlowSocket>();
  /** The longest idle one comes first. */
  readonly #order = new LinkedList<FlowSocket>();
  /** Where the last datagram went: mostly the next one goes there too. */
  #last: FlowSocket | null = null;

  constructor(host: FlowsHost, socket: Socket) {
    this.#host = host;
    this.socket = socket;
    socket.owner = new GuardedOwner(this, host.node);
  }

  get maxQueueBytes(): number {
    return this.#host.config().maxQueueBytes;
  }

  /** Ends the one that nothing has flowed through for longest; false where there is none. */
  evict(): boolean {
    const holder = this.#order.first?.holder ?? null;
    holder?.retire("evicted");
    return holder !== null;
  }

  // From the socket

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const { connection } = this.#host;
    if (from === null) return connection.arrived(octets, from);
    let session = this.#find(from);
    if (session === null) {
      const target = this.#host.acceptor?.target ?? null;
      if (target === null) return connection.arrived(octets, from);
      session = this.#begin(from, target);
      if (session === null) return;
    }
    this.touched(session);
    if (!session.take(octets)) connection.dropped("queue_full", octets.length);
  }

  drained(): void {
    this.#host.connection.drained();
  }

  failed(error: Parameters<SocketOwner["failed"]>[0]): void {
    this.#host.connection.failed(error);
  }

  /** Never: a datagram socket has no end. */
  ended(): void {}

  /** Never: nobody asked. */
  accepted(child: Socket): void {
    child.abort();
  }

  /** Never: nobody asked. */
  acceptFailed(): void {}

  // From the sessions

  touched(session: FlowSocket): void {
    if (session === this.#order.last) return;
    this.#order.remove(session);
    this.#order.add(session);
  }

  left(session: FlowSocket): void {
    this.#table.delete(session);
    this.#order.remove(session);
    if (this.#last === session) this.#last = null;
  }

  dropped(bytes: number): void {
    this.#host.connection.dropped("no_destination", bytes);
  }

  later(act: () => void): Timer {
    return this.#host.clock.after(0, act);
  }

  #find(from: SocketAddress): FlowSocket | null {
    const last = this.#last;
    if (last !== null && last.peer === from) return last;
    return this.#last = this.#table.find(from);
  }

  /** @returns null when it was not let in */
  #begin(from: SocketAddress, { replies = 0 }: AcceptTarget): FlowSocket | null {
    const session = new FlowSocket(this, from, replies);
    this.#table.add(session);
    this.#order.add(session);
    this.#host.acceptor?.accepted(session);
    return this.#table.find(from);
  }
}
