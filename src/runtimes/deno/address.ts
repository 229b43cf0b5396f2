/**
 * Socket addresses between Deno's form and ours.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { formatIpv6, parseIpv6 } from "../../socket/ip.ts";

/** A host for Deno: a link-local IPv6 address with its zone. */
export function hostText(address: SocketAddress & { family: "inet" | "inet6" }): string {
  return address.family === "inet6" && address.zone !== null ? `${address.host}%${address.zone}` : address.host;
}

/** An address that Deno reports, in our form. */
export function fromDenoAddress(address: Deno.Addr): SocketAddress {
  switch (address.transport) {
    case "tcp":
    case "udp": {
      const { hostname: host, port } = address;
      if (!host.includes(":")) return { family: "inet", host, port };
      const [bare = host, zone = null] = host.split("%", 2);
      return { family: "inet6", host: formatIpv6(parseIpv6(bare)), port, zone };
    }
    case "unix":
    case "unixpacket":
      // Deno's type says string, but an unnamed end has null.
      return { family: "local", path: address.path ?? "" };
    default:
      throw new NetgraphError("EAFNOSUPPORT", `Cannot read an address of transport "${address.transport}"`);
  }
}

/** Remembers the last address in each direction, so that a flow between two ends allocates nothing. */
export class AddressCache {
  #ours: SocketAddress | null = null;
  #oursAsDeno: Deno.Addr | null = null;
  #theirs: SocketAddress | null = null;

  /** For Deno's `send`. */
  toDeno(address: SocketAddress): Deno.Addr {
    if (this.#ours === address && this.#oursAsDeno !== null) return this.#oursAsDeno;
    this.#ours = address;
    return this.#oursAsDeno = toDenoAddress(address);
  }

  /** The source of a datagram; the same object if the source is the same as before. */
  fromDeno(address: Deno.Addr): SocketAddress {
    const last = this.#theirs;
    if (last !== null && isDeno(last, address)) return last;
    return this.#theirs = fromDenoAddress(address);
  }
}

function toDenoAddress(address: SocketAddress): Deno.Addr {
  if (address.family === "local") return { transport: "unixpacket", path: address.path };
  if (address.family === "inet" || address.family === "inet6") {
    return { transport: "udp", hostname: hostText(address), port: address.port };
  }
  throw new NetgraphError("EAFNOSUPPORT", `Deno has no sockets for ${sockaddr.format(address)}`);
}

function isDeno(known: SocketAddress, address: Deno.Addr): boolean {
  if (address.transport === "udp") {
    return (known.family === "inet" || known.family === "inet6") && known.port === address.port &&
      known.host === address.hostname;
  }
  return known.family === "local" && address.transport === "unixpacket" && known.path === address.path;
}
