/**
 * The system's receive buffer for datagrams, and the number of datagrams that it dropped. A burst arrives faster than
 * any program reads, and the system reports drops only on request.
 *
 * @module
 */

import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/** The requested size, in bytes; a datagram of 64 bytes uses 768. Linux grants at most `net.core.rmem_max`. */
export const RECEIVE_ROOM: number = 4 * 1024 * 1024;
/** The number of words in SO_MEMINFO, and the index of the counter of drops. */
const MEMINFO_WORDS = 9;
const DROPS = 8;

/** The receive buffers of sockets, by descriptor. */
export class ReceiveRoom {
  readonly #libc: Libc;
  readonly #system: System;
  readonly #length = new Uint8Array(4);
  readonly #lengthWord = new Uint32Array(this.#length.buffer);
  readonly #value = new Uint8Array(4 * MEMINFO_WORDS);
  readonly #words = new Uint32Array(this.#value.buffer);

  constructor(libc: Libc, system: System) {
    this.#libc = libc;
    this.#system = system;
  }

  /**
   * Asks for {@linkcode RECEIVE_ROOM}, unless the buffer is already as large. It is not an error if the system grants
   * less, or nothing: the user did not request it.
   */
  ask(fd: number): void {
    const { SO_RCVBUF } = this.#system.constants;
    if (!this.#read(fd, SO_RCVBUF, 4) || (this.#words[0] ?? 0) >= RECEIVE_ROOM) return;
    this.#words[0] = RECEIVE_ROOM;
    this.#libc.setOption(fd, this.#system.constants.SOL_SOCKET, SO_RCVBUF, this.#value, 4);
  }

  /** The number of dropped datagrams; null if the system does not report it. */
  drops(fd: number): number | null {
    const isRead = this.#read(fd, this.#system.constants.SO_MEMINFO, this.#value.length);
    return isRead && (this.#lengthWord[0] ?? 0) > 4 * DROPS ? this.#words[DROPS] ?? null : null;
  }

  #read(fd: number, name: number, room: number): boolean {
    this.#lengthWord[0] = room;
    return this.#libc.getOption(fd, this.#system.constants.SOL_SOCKET, name, this.#value, this.#length) === 0;
  }
}
