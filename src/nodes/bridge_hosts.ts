/**
 * Which host is behind which link of a bridge. Ages are counted in ticks of a second: a frame does not read the clock.
 *
 * @module
 */

import type { BridgeHost } from "./bridge_commands.ts";
import type { BridgeLink } from "./bridge_link.ts";
import { formatEther } from "./ether.ts";

/** The size of the table: forged senders must not exhaust the memory. */
export const MAX_HOSTS = 16_384;

/** Ages are 16 bits wide. */
const MAX_SECONDS = 0xffff;

/** A host. */
export interface Host {
  /** Its link. */
  link: BridgeLink;
  /** Seconds since it was learned there. */
  age: number;
  /** Seconds since it was last seen. */
  staleness: number;
}

/** The hosts of one bridge. */
export class HostTable {
  readonly #hosts = new Map<number, Host>();

  /** The number of hosts. */
  get size(): number {
    return this.#hosts.size;
  }

  /** The host of an address. */
  find(address: number): Host | undefined {
    return this.#hosts.get(address);
  }

  /** Adds a host; false if the table is full. */
  learn(address: number, link: BridgeLink): boolean {
    if (this.#hosts.size >= MAX_HOSTS) return false;
    this.#hosts.set(address, { link, age: 0, staleness: 0 });
    return true;
  }

  /** Removes all hosts of a link. */
  forget(link: BridgeLink): void {
    for (const [address, host] of this.#hosts) if (host.link === link) this.#hosts.delete(address);
  }

  /** Removes all hosts. */
  clear(): void {
    this.#hosts.clear();
  }

  /** A second has passed: hosts that were silent for too long are removed. */
  tick(maxStaleness: number): void {
    for (const [address, host] of this.#hosts) {
      host.staleness++;
      if (host.staleness >= maxStaleness) this.#hosts.delete(address);
      else if (host.age < MAX_SECONDS) host.age++;
    }
  }

  /** All hosts, for the reply. */
  list(): readonly BridgeHost[] {
    return [...this.#hosts].map(([address, { link, age, staleness }]) => {
      return {
        addr: formatEther(address),
        age,
        staleness: Math.min(staleness, MAX_SECONDS),
        hook: link.branch.hook.name,
      };
    });
  }
}
