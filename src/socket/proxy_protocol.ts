/**
 * The PROXY protocol, versions 1 and 2: the header by which a proxy names the client of a connection. Pure: text and
 * octets to values, and back.
 *
 * ```text
 * PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 CR LF
 * ```
 *
 * @see https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 * @module
 */

import type { SocketAddress } from "./address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** The content of a header. */
export interface ProxyHeader {
  /** Null where the header names no client: a check of the proxy itself, or an address of an unknown kind. */
  readonly source: SocketAddress | null;
  /** The address that the client has connected to. */
  readonly destination: SocketAddress | null;
  /** Further values of version 2, by type. */
  readonly values: readonly ProxyValue[];
}

/** A further value (TLV) of a header of version 2. */
export interface ProxyValue {
  /** Its type, such as 0x02 for the name of the server. */
  readonly type: number;
  readonly octets: Uint8Array;
}

/**
 * The kind of the first octets of a connection: a whole header of so many octets, the beginning of one, no header at all,
 * or one that is malformed.
 */
export type ProxyReading =
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly length: number }
  | { readonly kind: "more" }
  | { readonly kind: "none" }
  | { readonly kind: "malformed"; readonly why: string };

/** The largest header that is read, in octets; a proxy with many certificates in it needs no more. */
export const MAX_PROXY_HEADER = 4096;

const MAX_V1 = 107;
const V1 = ascii("PROXY ");
const V2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const V2_HEAD = 16;
const UNIX_PATH = 108;
const CRC32C = 0x03;
const MORE: ProxyReading = { kind: "more" };
const NONE: ProxyReading = { kind: "none" };
const NO_CLIENT: ProxyHeader = { source: null, destination: null, values: [] };

/** Reads the first octets of a connection. */
export function readProxyHeader(octets: Uint8Array): ProxyReading {
  if (startsAs(octets, V1)) return octets.length < V1.length ? MORE : readV1(octets);
  if (startsAs(octets, V2)) return octets.length < V2_HEAD ? MORE : readV2(octets);
  return NONE;
}

/** A version of the protocol. */
export type ProxyVersion = "v1" | "v2";

/** The two ends of a client's connection; null if there is no client, or its address is unknown. */
export interface ProxyEnds {
  readonly source: SocketAddress | null;
  readonly destination: SocketAddress | null;
}

/** The header that names a client to a target. IPv4 addresses of a socket of IPv6 are named as IPv4. */
export function proxyHeader(
  version: ProxyVersion,
  { source, destination }: ProxyEnds,
  type: "stream" | "dgram",
): Uint8Array<ArrayBuffer> {
  const [from, to] = [unmapped(source), unmapped(destination)];
  const isV4 = from?.family === "inet" && to?.family === "inet";
  const ends = isV4 ? { source: from, destination: to } : { source, destination };
  const header = version === "v1" ? formatProxyV1(ends.source, ends.destination) : packProxyV2({ ...ends, type });
  return Uint8Array.from(header);
}

function unmapped(address: SocketAddress | null): SocketAddress | null {
  const mapped = address?.family === "inet6" ? /^::ffff:([0-9.]+)$/.exec(address.host)?.[1] : undefined;
  return address?.family !== "inet6" || mapped === undefined
    ? address
    : { family: "inet", host: mapped, port: address.port };
}

/** A header of version 1; clients without an IP address are UNKNOWN. */
export function formatProxyV1(source: SocketAddress | null, destination: SocketAddress | null): Uint8Array {
  const family = source?.family;
  if (source === null || destination === null || family !== destination.family) return ascii("PROXY UNKNOWN\r\n");
  if ((source.family !== "inet" && source.family !== "inet6") || !("port" in destination)) {
    return ascii("PROXY UNKNOWN\r\n");
  }
  const word = family === "inet" ? "TCP4" : "TCP6";
  return ascii(`PROXY ${word} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`);
}

/** The parts of a header of version 2. */
export interface ProxyV2Options {
  readonly source: SocketAddress | null;
  readonly destination: SocketAddress | null;
  readonly type: "stream" | "dgram";
  readonly values?: readonly ProxyValue[];
  /** True: with a checksum. */
  readonly checksum?: boolean;
}

/** A header of version 2; a client without address is LOCAL. */
export function packProxyV2({ source, destination, type, values = [], checksum = false }: ProxyV2Options): Uint8Array {
  const [family, addresses] = packAddresses(source, destination);
  const parts = [addresses, ...values.map(packValue)];
  if (checksum) parts.push(packValue({ type: CRC32C, octets: new Uint8Array(4) }));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets = new Uint8Array(V2_HEAD + length);
  octets.set(V2);
  const isLocal = source === null;
  octets.set([isLocal ? 0x20 : 0x21, family === 0 ? 0 : family << 4 | (type === "stream" ? 1 : 2)], V2.length);
  octets.set([length >> 8, length & 0xff], V2.length + 2);
  let at = V2_HEAD;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  if (checksum) writeWord(octets, octets.length - 4, crc32c(octets));
  return octets;
}

function readV1(octets: Uint8Array): ProxyReading {
  const end = octets.subarray(0, MAX_V1).indexOf(0x0d);
  if (end < 0 || end + 1 >= octets.length) {
    return octets.length >= MAX_V1 ? malformed("its line has no end within 107 bytes") : MORE;
  }
  if (octets[end + 1] !== 0x0a) return malformed("its line does not end with CR LF");
  const line = String.fromCharCode(...octets.subarray(0, end));
  const length = end + 2;
  const [, protocol = "", ...fields] = line.split(" ");
  if (protocol === "UNKNOWN") return { kind: "header", header: NO_CLIENT, length };
  if (protocol !== "TCP4" && protocol !== "TCP6") return malformed(`protocol "${protocol.slice(0, 16)}" is unknown`);
  const family = protocol === "TCP4" ? "inet" : "inet6";
  const [sourceHost = "", destinationHost = "", sourcePort = "", destinationPort = "", ...rest] = fields;
  const source = readEnd(family, sourceHost, sourcePort);
  const destination = readEnd(family, destinationHost, destinationPort);
  if (source === null || destination === null || rest.length > 0) return malformed("its addresses cannot be read");
  return { kind: "header", header: { source, destination, values: [] }, length };
}

function readEnd(family: "inet" | "inet6", host: string, port: string): SocketAddress | null {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 0xffff) return null;
  try {
    return endOf(family, family === "inet" ? parseIpv4(host) : parseIpv6(host), Number(port));
  } catch {
    return null; // No address: the line is malformed.
  }
}

function readV2(octets: Uint8Array): ProxyReading {
  const [versionAndCommand = 0, familyAndType = 0] = octets.subarray(V2.length);
  if (versionAndCommand >> 4 !== 2) return malformed(`version ${versionAndCommand >> 4} is unknown`);
  const command = versionAndCommand & 0x0f;
  if (command > 1) return malformed(`command ${command} is unknown`);
  const length = V2_HEAD + shortAt(octets, V2.length + 2);
  if (length > MAX_PROXY_HEADER) return malformed(`it has ${length} bytes, and at most ${MAX_PROXY_HEADER} are read`);
  if (octets.length < length) return MORE;
  const body = octets.subarray(V2_HEAD, length);
  const family = familyAndType >> 4;
  const size = ADDRESS_OCTETS[family];
  if (size === undefined || (familyAndType & 0x0f) > 2) return malformed("its kind of address is unknown");
  if (body.length < size) return malformed("it is too short for its addresses");
  const values = readValues(body.subarray(size));
  if (values === null) return malformed("its values cannot be read");
  if (!hasRightChecksum(octets.subarray(0, length), values)) return malformed("its checksum is wrong");
  // Of a check of the proxy itself the addresses mean nothing.
  const [source, destination] = command === 0 ? [null, null] : readAddresses(family, body);
  return { kind: "header", header: { source, destination, values }, length };
}

/** By family: unspecified, inet, inet6, local. */
const ADDRESS_OCTETS: readonly number[] = [0, 12, 36, 2 * UNIX_PATH];

function readAddresses(family: number, body: Uint8Array): readonly [SocketAddress | null, SocketAddress | null] {
  switch (family) {
    case 1:
      return [
        endOf("inet", body.subarray(0, 4), shortAt(body, 8)),
        endOf("inet", body.subarray(4, 8), shortAt(body, 10)),
      ];
    case 2:
      return [
        endOf("inet6", body.subarray(0, 16), shortAt(body, 32)),
        endOf("inet6", body.subarray(16, 32), shortAt(body, 34)),
      ];
    case 3:
      return [readPath(body.subarray(0, UNIX_PATH)), readPath(body.subarray(UNIX_PATH, 2 * UNIX_PATH))];
    default:
      return [null, null];
  }
}

function endOf(family: "inet" | "inet6", host: Uint8Array, port: number): SocketAddress {
  return family === "inet"
    ? { family, host: formatIpv4(host), port }
    : { family, host: formatIpv6(host), port, zone: null };
}

function readPath(octets: Uint8Array): SocketAddress {
  const end = octets.indexOf(0);
  return { family: "local", path: new TextDecoder().decode(end < 0 ? octets : octets.subarray(0, end)) };
}

function readValues(octets: Uint8Array): readonly ProxyValue[] | null {
  const values: ProxyValue[] = [];
  let at = 0;
  while (at < octets.length) {
    const end = at + 3 + shortAt(octets, at + 1);
    if (at + 3 > octets.length || end > octets.length) return null;
    values.push({ type: octets[at] ?? 0, octets: octets.slice(at + 3, end) });
    at = end;
  }
  return values;
}

function hasRightChecksum(header: Uint8Array, values: readonly ProxyValue[]): boolean {
  const given = values.find(({ type }) => type === CRC32C);
  if (given === undefined) return true;
  if (given.octets.length !== 4) return false;
  // It is computed with zeros in its own place, which is found as the values were.
  const whole = header.slice();
  let at = header.length - values.reduce((sum, { octets }) => sum + 3 + octets.length, 0);
  for (const value of values) {
    if (value === given) break;
    at += 3 + value.octets.length;
  }
  whole.fill(0, at + 3, at + 7);
  return crc32c(whole) === wordAt(given.octets, 0);
}

function packAddresses(source: SocketAddress | null, destination: SocketAddress | null): readonly [number, Uint8Array] {
  if (source === null || destination === null || source.family !== destination.family) return [0, new Uint8Array()];
  if (source.family === "inet" && destination.family === "inet") {
    return [1, joined(parseIpv4(source.host), parseIpv4(destination.host), ports(source.port, destination.port))];
  }
  if (source.family === "inet6" && destination.family === "inet6") {
    return [2, joined(parseIpv6(source.host), parseIpv6(destination.host), ports(source.port, destination.port))];
  }
  if (source.family !== "local" || destination.family !== "local") return [0, new Uint8Array()];
  return [3, joined(packPath(source.path), packPath(destination.path))];
}

function packPath(path: string): Uint8Array {
  const octets = new Uint8Array(UNIX_PATH);
  octets.set(new TextEncoder().encode(path).subarray(0, UNIX_PATH));
  return octets;
}

function packValue({ type, octets }: ProxyValue): Uint8Array {
  return joined(Uint8Array.of(type, octets.length >> 8, octets.length & 0xff), octets);
}

function ports(source: number, destination: number): Uint8Array {
  return Uint8Array.of(source >> 8, source & 0xff, destination >> 8, destination & 0xff);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** True if one of the two begins with the other. */
function startsAs(octets: Uint8Array, signature: Uint8Array): boolean {
  const length = Math.min(octets.length, signature.length);
  for (let at = 0; at < length; at++) if (octets[at] !== signature[at]) return false;
  return true;
}

function shortAt(octets: Uint8Array, at: number): number {
  return (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
}

function wordAt(octets: Uint8Array, at: number): number {
  return shortAt(octets, at) * 65_536 + shortAt(octets, at + 2);
}

function writeWord(octets: Uint8Array, at: number, word: number): void {
  octets.set([word >>> 24, word >>> 16 & 0xff, word >>> 8 & 0xff, word & 0xff], at);
}

function malformed(why: string): ProxyReading {
  return { kind: "malformed", why };
}

/** CRC-32C (Castagnoli) of octets. */
export function crc32c(octets: Uint8Array): number {
  let crc = 0xffffffff;
  for (const octet of octets) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
