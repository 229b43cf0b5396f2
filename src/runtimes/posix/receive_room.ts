/**
 * The room that the system has for datagrams that have come, and how many found none. A burst comes faster than any
 * program reads, and what the system drops it tells only whoever asks.
 *
 * @module
 */

import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/** What is asked for, in bytes; a datagram of 64 bytes takes 768. Linux gives `net.core.rmem_max` at most. */
export const RECEIVE_ROOM: number = 4 * 1024 * 1024;
/** How many words SO_MEMINFO tells, and which of them counts the drops. */
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
   * Asks for {@linkcode RECEIVE_ROOM}, unless there is as much. That the system gives less, or none, is no failure: it is
   * ours, and nobody asked for it.
   */
  ask(fd: number): void {
    const { SO_RCVBUF } = this.#system.constants;
    if (!this.#read(fd, SO_RCVBUF, 4) || (this.#words[0] ?? 0) >= RECEIVE_ROOM) return;
    this.#words[0] = RECEIVE_ROOM;
    this.#libc.setOption(fd, this.#system.constants.SOL_SOCKET, SO_RCVBUF, this.#value, 4);
  }

  /** How many datagrams found no room; null where the system does not tell. */
  drops(fd: number): number | null {
    const told = this.#read(fd, this.#system.constants.SO_MEMINFO, this.#value.length);
    return told && (this.#lengthWord[0] ?? 0) > 4 * DROPS ? this.#words[DROPS] ?? null : null;
  }

  #read(fd: number, name: number, room: number): boolean {
    this.#lengthWord[0] = room;
    return this.#libc.getOption(fd, this.#system.constants.SOL_SOCKET, name, this.#value, this.#length) === 0;
  }
}
