/**
 * Sources of inet6 datagrams as objects, found by the octets of the system: a repeated source allocates nothing, and
 * its text is not formatted again.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";

/** The size of the cache. */
const MAX_SOURCES = 4096;

/** `struct sockaddr_in6` in words of 32 bits. */
const WORDS = 7;

interface Source {
  readonly words: Uint32Array;
  readonly address: SocketAddress;
  /** Another one of the same hash. */
  readonly next: Source | null;
}

/** Caches sources. */
export class Inet6Sources {
  readonly #byHash = new Map<number, Source>();
  /** Unknown outside of the process, so that clients cannot choose addresses with equal hashes. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  #size = 0;

  /** The source whose `struct sockaddr_in6` begins at word `first`; null if it is not cached. */
  find(words: Uint32Array, first: number): SocketAddress | null {
    let source = this.#byHash.get(this.#hash(words, first)) ?? null;
    while (source !== null && !isAt(source.words, words, first)) source = source.next;
    return source?.address ?? null;
  }

  /** Adds a source that was not found. */
  add(words: Uint32Array, first: number, address: SocketAddress): void {
    if (this.#size === MAX_SOURCES) {
      this.#byHash.clear();
      this.#size = 0;
    }
    const hash = this.#hash(words, first);
    const next = this.#byHash.get(hash) ?? null;
    this.#byHash.set(hash, { words: words.slice(first, first + WORDS), address, next });
    this.#size++;
  }

  #hash(words: Uint32Array, first: number): number {
    let hash = this.#seed;
    for (let index = first; index < first + WORDS; index++) {
      hash = Math.imul(hash ^ (words[index] ?? 0), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    // Numbers of this many bits need no memory.
    return hash & 0x3fff_ffff;
  }
}

function isAt(own: Uint32Array, words: Uint32Array, first: number): boolean {
  for (let index = 0; index < WORDS; index++) if (own[index] !== words[first + index]) return false;
  return true;
}
