/**
 * Owners of sockets: one between a socket and its node, and one for sockets that have no node yet.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { Node } from "../../graph/core/node.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets, Socket, SocketOwner } from "../../socket/socket.ts";

/**
 * An owner whose errors fail its node: an error that is thrown in the graph must not end the program that called it
 * from its own loop.
 */
export class GuardedOwner implements SocketOwner {
  readonly #owner: SocketOwner;
  readonly #node: Node;

  constructor(owner: SocketOwner, node: Node) {
    this.#owner = owner;
    this.#node = node;
  }

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    try {
      return this.#owner.arrived(octets, from);
    } catch (error) {
      this.#node.crash(error);
    }
  }

  directTarget(): Socket | null {
    try {
      return this.#owner.directTarget?.() ?? null;
    } catch (error) {
      this.#node.crash(error);
      return null;
    }
  }

  passed(bytes: number, isFull: boolean): void | false {
    try {
      return this.#owner.passed?.(bytes, isFull);
    } catch (error) {
      this.#node.crash(error);
    }
  }

  ended(): void {
    try {
      this.#owner.ended();
    } catch (error) {
      this.#node.crash(error);
    }
  }

  drained(): void {
    try {
      this.#owner.drained();
    } catch (error) {
      this.#node.crash(error);
    }
  }

  accepted(child: Socket): void {
    try {
      this.#owner.accepted(child);
    } catch (error) {
      this.#node.crash(error);
    }
  }

  failed(reason: NetgraphError): void {
    try {
      this.#owner.failed(reason);
    } catch (error) {
      this.#node.crash(error);
    }
  }

  acceptFailed(reason: NetgraphError): void {
    try {
      this.#owner.acceptFailed(reason);
    } catch (error) {
      this.#node.crash(error);
    }
  }
}

/** An owner that discards everything; `failed` is called when the socket has failed. */
export function discardingOwner(failed: () => void = () => {}): SocketOwner {
  return {
    arrived: () => {},
    ended: () => {},
    drained: () => {},
    accepted: (child) => child.abort(),
    failed,
    acceptFailed: () => {},
  };
}
