/**
 * The sockets of one thread by their descriptors, which are small numbers that come again: to know them costs no memory
 * beyond a place each.
 *
 * @module
 */

import type { Socket } from "../../socket/socket.ts";

/** Sockets that have a descriptor, lingering ones included. */
export class OpenSockets {
  readonly #byDescriptor: (Socket | undefined)[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Notes the socket of a descriptor that is open now. */
  add(fd: number, socket: Socket): void {
    this.#byDescriptor[fd] = socket;
    this.#size++;
  }

  /** The descriptor is about to be closed; called once for each. */
  remove(fd: number): void {
    this.#byDescriptor[fd] = undefined;
    this.#size--;
  }

  /** The sockets as they are now. */
  list(): readonly Socket[] {
    return this.#byDescriptor.filter((socket) => socket !== undefined);
  }
}
