/**
 * The owners of the addresses in the in-memory network, by the rules of a system: a wildcard clashes with specific
 * addresses unless all of them share the port.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sameAddress, sockaddr } from "../../socket/address_text.ts";

/** The first automatic port; they count up from here, so that a test can predict them. */
export const FIRST_EPHEMERAL_PORT = 49_152;

const LAST_PORT = 65_535;

interface Holding<Holder> {
  readonly address: SocketAddress;
  readonly holder: Holder;
  /** Whether it would share the address; this may change. */
  readonly share: () => boolean;
}

/** The addresses in use, in one space. */
export class PortTable<Holder> {
  readonly #holdings = new Map<string, Holding<Holder>[]>();
  #nextPort = FIRST_EPHEMERAL_PORT;
  #nextName = 1;
  #turn = 0;

  /**
   * Reserves an address.
   *
   * @param share whether the owner would share it with others that would (SO_REUSEPORT), called when another one binds
   * @returns the address with its port
   * @throws NetgraphError EADDRINUSE
   */
  take(wanted: SocketAddress, holder: Holder, options: { share: () => boolean }): SocketAddress {
    const address = this.#chosen(wanted);
    const key = slot(address);
    const others = this.#holdings.get(key) ?? [];
    for (const other of others) {
      if (!overlap(other.address, address) || (other.share() && options.share())) continue;
      throw new NetgraphError("EADDRINUSE", `Cannot bind ${sockaddr.format(address)}: address is already in use`);
    }
    this.#holdings.set(key, [...others, { address, holder, share: options.share }]);
    return address;
  }

  /** Releases an address. */
  release(address: SocketAddress, holder: Holder): void {
    const key = slot(address);
    const rest = (this.#holdings.get(key) ?? []).filter((holding) => holding.holder !== holder);
    if (rest.length === 0) this.#holdings.delete(key);
    else this.#holdings.set(key, rest);
  }

  /** The receiver of data for `address`, the most specific one first; those that share a port take turns. */
  find(address: SocketAddress, accepts: (holder: Holder) => boolean = () => true): Holder | null {
    const matches = (this.#holdings.get(slot(address)) ?? []).filter((holding) =>
      overlap(holding.address, address) && accepts(holding.holder)
    );
    const exact = matches.filter((holding) => !isWildcard(holding.address));
    const best = exact.length > 0 ? exact : matches;
    // The only owner of an address needs no turn.
    const place = best.length < 2 ? 0 : this.#turn++ % best.length;
    return best[place]?.holder ?? null;
  }

  /** All owners of the port of `address`, on any host. */
  all(address: SocketAddress): readonly Holder[] {
    return (this.#holdings.get(slot(address)) ?? []).map((holding) => holding.holder);
  }

  #chosen(wanted: SocketAddress): SocketAddress {
    if (wanted.family === "local" && wanted.path === "") {
      return { family: "local", path: `\0${(this.#nextName++).toString(16).padStart(5, "0")}` };
    }
    if ((wanted.family !== "inet" && wanted.family !== "inet6") || wanted.port !== 0) return wanted;
    for (let tries = FIRST_EPHEMERAL_PORT; tries <= LAST_PORT; tries++) {
      const address = { ...wanted, port: this.#nextPort };
      this.#nextPort = this.#nextPort === LAST_PORT ? FIRST_EPHEMERAL_PORT : this.#nextPort + 1;
      if (!this.#holdings.has(slot(address))) return address;
    }
    throw new NetgraphError("EADDRINUSE", `Cannot bind ${sockaddr.format(wanted)}: no port is free`);
  }
}

/** Addresses that cannot clash are in different slots: other ports, other families, other paths. */
function slot(address: SocketAddress): string {
  switch (address.family) {
    case "inet":
    case "inet6":
      return `${address.family}:${address.port}`;
    default:
      return sockaddr.format(address);
  }
}

function overlap(a: SocketAddress, b: SocketAddress): boolean {
  if (isWildcard(a) || isWildcard(b)) return true;
  return sameAddress(a, b);
}
