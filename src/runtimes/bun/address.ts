/**
 * Socket addresses between Bun's form and ours.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { formatIpv6, parseIpv6 } from "../../socket/ip.ts";

/** Host and port for Bun: a link-local IPv6 address with its zone. */
export function netTarget(address: SocketAddress): { host: string; port: number } {
  switch (address.family) {
    case "inet":
      return { host: address.host, port: address.port };
    case "inet6":
      return { host: address.zone === null ? address.host : `${address.host}%${address.zone}`, port: address.port };
    default:
      throw new NetgraphError("EAFNOSUPPORT", `Bun has no sockets for ${sockaddr.format(address)}`);
  }
}

/** An address that Bun reports, in our form. */
export function fromBunAddress(text: string, port: number): SocketAddress {
  if (!text.includes(":")) return { family: "inet", host: text, port };
  const [bare = text, zone = null] = text.split("%", 2);
  return { family: "inet6", host: formatIpv6(parseIpv6(bare)), port, zone };
}

/** Remembers the last source of datagrams, so that a flow from one source allocates nothing. */
export class SourceCache {
  #text = "";
  #port = -1;
  #address: SocketAddress | null = null;

  /** The source; the same object if the source is the same as before. */
  address(text: string, port: number): SocketAddress {
    if (this.#address !== null && this.#port === port && this.#text === text) return this.#address;
    this.#text = text;
    this.#port = port;
    return this.#address = fromBunAddress(text, port);
  }
}
