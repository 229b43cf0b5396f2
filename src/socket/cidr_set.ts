/**
 * Many blocks of IP addresses, parsed once, and checked for each accepted connection.
 *
 * IPv4-mapped IPv6 addresses are treated as IPv4, in the set and in the checked address: `::ffff:10.0.0.1` is
 * `10.0.0.1`.
 *
 * @module
 */

import type { SocketAddress } from "./address.ts";
import type { Cidr } from "./cidr.ts";
import { isMapped, parseIpv4, parseIpv6 } from "./ip.ts";

/** The length of the prefix of IPv4-mapped addresses: `::ffff:0:0/96`. */
const MAPPED_PREFIX = 96;
const MAPPED_OCTETS = MAPPED_PREFIX / 8;

/** A set of blocks. */
export class CidrSet {
  readonly #inet = new Blocks(4);
  readonly #inet6 = new Blocks(16);

  constructor(blocks: Iterable<Cidr>) {
    for (const { family, host, prefix } of blocks) {
      if (family === "inet") {
        this.#inet.add(parseIpv4(host), prefix);
        continue;
      }
      const octets = parseIpv6(host);
      const mapped = isMapped(octets) && prefix >= MAPPED_PREFIX;
      if (mapped) this.#inet.add(octets.subarray(MAPPED_OCTETS), prefix - MAPPED_PREFIX);
      else this.#inet6.add(octets, prefix);
    }
  }

  /** True when one of the blocks holds the address. */
  has(address: SocketAddress): boolean {
    if (address.family === "inet") return this.#inet.hold(parseIpv4(address.host));
    if (address.family !== "inet6") return false;
    const octets = parseIpv6(address.host);
    return this.#inet6.hold(octets) || (isMapped(octets) && this.#inet.hold(octets.subarray(MAPPED_OCTETS)));
  }
}

/** Blocks of addresses of one length, as numbers: comparing a thousand of them takes microseconds. */
class Blocks {
  readonly #octets: number;
  /** For each block and every four octets: the mask, then the masked value. */
  readonly #rows: number[] = [];

  constructor(octets: number) {
    this.#octets = octets;
  }

  add(octets: Uint8Array, prefix: number): void {
    for (let at = 0; at < this.#octets; at += 4) {
      const bits = Math.min(32, Math.max(0, prefix - 8 * at));
      const mask = bits === 0 ? 0 : -1 << (32 - bits);
      this.#rows.push(mask, wordAt(octets, at) & mask);
    }
  }

  hold(octets: Uint8Array): boolean {
    const words: number[] = [];
    for (let at = 0; at < this.#octets; at += 4) words.push(wordAt(octets, at));
    for (let row = 0; row < this.#rows.length; row += 2 * words.length) {
      if (this.#holdsAt(row, words)) return true;
    }
    return false;
  }

  #holdsAt(row: number, words: readonly number[]): boolean {
    let at = row;
    for (const word of words) {
      if ((word & (this.#rows[at] ?? 0)) !== this.#rows[at + 1]) return false;
      at += 2;
    }
    return true;
  }
}

function wordAt(octets: Uint8Array, at: number): number {
  return (octets[at] ?? 0) << 24 | (octets[at + 1] ?? 0) << 16 | (octets[at + 2] ?? 0) << 8 | (octets[at + 3] ?? 0);
}
