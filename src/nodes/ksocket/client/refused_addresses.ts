/**
 * Addresses that have refused datagrams: a connected socket of datagrams learns that only when it sends, so the next
 * socket for the same name begins with another address.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { sockaddr } from "../../../socket/address_text.ts";

/** How long an address is avoided where there are others. */
const AVOIDED_MS = 60_000;
/** The limit of addresses that are avoided at once. */
const MAX_AVOIDED = 256;

/** The addresses that the sockets of one clock avoid. */
export class RefusedAddresses {
  readonly #clock: Clock;
  /** The time of the last refusal, by address; the oldest first. */
  readonly #refusedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An address has refused datagrams. */
  add(address: SocketAddress): void {
    const text = sockaddr.format(address);
    this.#refusedAt.delete(text);
    this.#refusedAt.set(text, this.#clock.now());
    const [oldest] = this.#refusedAt.keys();
    if (this.#refusedAt.size > MAX_AVOIDED && oldest !== undefined) this.#refusedAt.delete(oldest);
  }

  /** True for an address that is avoided. */
  has(address: SocketAddress): boolean {
    const at = this.#refusedAt.size === 0 ? undefined : this.#refusedAt.get(sockaddr.format(address));
    return at !== undefined && this.#clock.now() - at < AVOIDED_MS;
  }

  /** The addresses of a name, those that are avoided last. */
  inOrder(addresses: readonly SocketAddress[]): readonly SocketAddress[] {
    if (this.#refusedAt.size === 0) return addresses;
    const avoided = addresses.filter((address) => this.has(address));
    return avoided.length === 0 ? addresses : [...addresses.filter((one) => !avoided.includes(one)), ...avoided];
  }
}

const tables = new WeakMap<Clock, RefusedAddresses>();

/** The addresses that sockets of this clock avoid. */
export function refusedAddresses(clock: Clock): RefusedAddresses {
  let table = tables.get(clock);
  if (table === undefined) tables.set(clock, table = new RefusedAddresses(clock));
  return table;
}
