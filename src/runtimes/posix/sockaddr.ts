/**
 * The system's own `struct sockaddr`, as argument and result of calls.
 *
 * ```text
 * inet   family:16  port:16 (network order)  address:32  zeros:64
 * inet6  family:16  port:16 (network order)  flow:32  address:128  zone:32
 * local  family:16  path, then NUL; a path that begins with NUL is an abstract name and ends with the address
 * ```
 *
 * Linux has the family in two octets of the host's order; both of its processors here are little-endian.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { familyOfNumber } from "../../socket/endpoint.ts";
import { formatIpv6, parseIpv4, parseIpv6 } from "../../socket/ip.ts";
import { pathOctets, pathOfOctets } from "../../socket/sockaddr.ts";
import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/** Room for any address: `struct sockaddr_storage`. */
export const ADDRESS_ROOM = 128;

const INET_SIZE = 16;
const INET6_SIZE = 28;
const FAMILY_SIZE = 2;
/** `sun_path` of Linux, including the NUL. */
const PATH_SIZE = 108;
/** IF_NAMESIZE. */
const INTERFACE_ROOM = 16;

/** An IPv4 address in the system's form: every connection has one, and its text is rarely needed. */
export class PackedInet {
  readonly #host: number;
  readonly #port: number;

  /** @param bytes a `struct sockaddr_in` */
  constructor(bytes: Uint8Array) {
    this.#host = octet(bytes, 4) << 24 | octet(bytes, 5) << 16 | octet(bytes, 6) << 8 | octet(bytes, 7);
    this.#port = octet(bytes, 2) << 8 | octet(bytes, 3);
  }

  /** The address in our form. */
  unpack(): SocketAddress {
    return { family: "inet", host: hostText(this.#host), port: this.#port };
  }
}

/** The hosts of the last connections, which often have the same few. */
const HOSTS = Array.from({ length: 256 }, () => ({ host: 0, text: "0.0.0.0" }));

function hostText(host: number): string {
  const slot = host & (HOSTS.length - 1);
  const known = HOSTS[slot];
  if (known?.host === host) return known.text;
  const text = `${host >>> 24}.${host >>> 16 & 255}.${host >>> 8 & 255}.${host & 255}`;
  HOSTS[slot] = { host, text };
  return text;
}

/** Addresses between our form and one system's. */
export class AddressCodec {
  readonly #libc: Libc;
  readonly #system: System;

  constructor(libc: Libc, system: System) {
    this.#libc = libc;
    this.#system = system;
  }

  /**
   * The address in the system's form.
   *
   * @throws NetgraphError EAFNOSUPPORT, ENODEV for a zone that no interface has, ENAMETOOLONG
   */
  pack(address: SocketAddress): Uint8Array<ArrayBuffer> {
    const { AF_INET, AF_INET6 } = this.#system.constants;
    switch (address.family) {
      case "inet": {
        const bytes = begin(INET_SIZE, AF_INET, address.port);
        bytes.set(parseIpv4(address.host), 4);
        return bytes;
      }
      case "inet6": {
        const bytes = begin(INET6_SIZE, AF_INET6, address.port);
        bytes.set(parseIpv6(address.host), 8);
        viewOf(bytes).setUint32(24, this.#zoneNumber(address.zone), true);
        return bytes;
      }
      case "local":
        return this.#packLocal(address.path);
      case "generic": {
        const message = `Cannot use an address of family ${address.number}: ${this.#system.name} has no such family`;
        throw new NetgraphError("EAFNOSUPPORT", message);
      }
    }
  }

  /** The address in the first `length` octets. */
  unpack(bytes: Uint8Array, length: number): SocketAddress {
    const view = viewOf(bytes);
    const number = length < FAMILY_SIZE ? this.#system.constants.AF_LOCAL : view.getUint16(0, true);
    const family = familyOfNumber(number, this.#system.numbering);
    switch (family) {
      case "inet":
        return new PackedInet(bytes).unpack();
      case "inet6": {
        const zone = this.#zoneName(view.getUint32(24, true));
        return { family, host: formatIpv6(bytes.subarray(8, 24)), port: view.getUint16(2), zone };
      }
      case "local":
        return { family, path: unpackPath(bytes.subarray(FAMILY_SIZE, Math.max(FAMILY_SIZE, length))) };
      default:
        return { family: "generic", number, data: bytes.slice(FAMILY_SIZE, length) };
    }
  }

  /** The same as `unpack`, but a frequent kind is unpacked only when it is read. */
  unpackLater(bytes: Uint8Array, length: number): SocketAddress | PackedInet {
    const { AF_INET } = this.#system.constants;
    const inet = length >= INET_SIZE && bytes[0] === AF_INET && bytes[1] === 0;
    return inet ? new PackedInet(bytes) : this.unpack(bytes, length);
  }

  #packLocal(path: string): Uint8Array<ArrayBuffer> {
    const octets = pathOctets(path);
    const named = octets.length > 0 && octets[0] !== 0;
    if (octets.length > (named ? PATH_SIZE - 1 : PATH_SIZE)) {
      throw new NetgraphError("ENAMETOOLONG", `Path "${path}" has ${octets.length} octets, which no socket can have`);
    }
    const bytes = new Uint8Array(FAMILY_SIZE + octets.length + (named ? 1 : 0));
    viewOf(bytes).setUint16(0, this.#system.constants.AF_LOCAL, true);
    bytes.set(octets, FAMILY_SIZE);
    return bytes;
  }

  #zoneNumber(zone: string | null): number {
    if (zone === null) return 0;
    if (/^[0-9]+$/.test(zone)) return Number(zone);
    const number = this.#libc.interfaceNumber(new TextEncoder().encode(`${zone}\0`));
    if (number === 0) throw new NetgraphError("ENODEV", `Cannot use zone "${zone}": there is no such interface`);
    return number;
  }

  #zoneName(number: number): string | null {
    if (number === 0) return null;
    const name = new Uint8Array(INTERFACE_ROOM);
    if (this.#libc.interfaceName(number, name) === 0) return `${number}`;
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  }
}

function octet(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function begin(size: number, family: number, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  return bytes;
}

/** A path ends at its NUL, an abstract name at the end of the address. */
function unpackPath(octets: Uint8Array): string {
  const end = octets[0] === 0 ? -1 : octets.indexOf(0);
  return pathOfOctets(end < 0 ? octets : octets.subarray(0, end));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
