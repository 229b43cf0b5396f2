/**
 * FreeBSD's binary sockaddr, and netgraph's struct for families without a text form.
 *
 * ```text
 * octet 0: length of all   octet 1: family   then: the family's own
 * ```
 *
 * The struct accepts integers by C's rules, as the kernel does; it must contain its length, and the family must match
 * it.
 *
 * @module
 */

import { formatOctets, octets } from "../ascii/array.ts";
import { decodeText, encodeText, type OctetReader, OctetWriter } from "../ascii/octets.ts";
import { type Part, type Source, visitFields, type Whole } from "../ascii/part.ts";
import { nearHint } from "../ascii/near.ts";
import { integer } from "../ascii/scalar.ts";
import type { AsciiError } from "../ascii/error.ts";
import { NetgraphError } from "../errors.ts";
import type { SocketAddress } from "./address.ts";
import { formatIpv4, formatIpv6, hasZone, parseIpv4, parseIpv6 } from "./ip.ts";

/** The greatest length of a local path: Linux's sun_path without the NUL. FreeBSD's has 4 less. */
export const MAX_PATH_OCTETS = 107;

const LOCAL = 1;
const INET = 2;
const INET6 = 28;
const INET_LENGTH = 16;
const INET6_LENGTH = 28;

const cOctet = integer({ bits: 8, signed: false, octal: true });
const cOctets = octets({ octal: true });

/** The octets of a local path, as a system has it; octets that are not UTF-8 are preserved. */
export function pathOctets(path: string): Uint8Array {
  return encodeText(path);
}

/** The local path for a system's octets. */
export function pathOfOctets(path: Uint8Array): string {
  return decodeText(path);
}

/** Parses `{ len=16 family=2 data=[ … ] }` from text or a literal. */
export function readGeneric(source: Source): SocketAddress {
  const { whole, parts, length, family, data } = readParts(source);
  const failAt = (name: string, code: "EINVAL" | "E2BIG", message: string): AsciiError => {
    return parts.get(name)?.failValue(code, message) ?? whole.fail(code, message);
  };
  if (length === null || length < 2) throw failAt("len", "EINVAL", 'Field "len" must count itself and the family');
  if (family === null) throw failAt("family", "EINVAL", 'Field "family" is missing');
  if (data.length > length - 2) throw failAt("data", "E2BIG", `Field "data" has more than ${length - 2} octets`);
  const wanted = family === INET ? INET_LENGTH : family === INET6 ? INET6_LENGTH : length;
  if (length !== wanted) throw failAt("len", "EINVAL", `Addresses of family ${family} have len=${wanted}`);
  if (family === LOCAL && length - 2 > MAX_PATH_OCTETS) {
    throw failAt("len", "E2BIG", `Path has ${length - 2} octets where ${MAX_PATH_OCTETS} are possible`);
  }
  const filled = new Uint8Array(length - 2);
  filled.set(data);
  return addressOf(family, filled);
}

interface GenericParts {
  length: number | null;
  family: number | null;
  data: Uint8Array;
}

function readParts(source: Source): GenericParts & { whole: Whole; parts: ReadonlyMap<string, Part> } {
  const parts = new Map<string, Part>();
  const found: GenericParts = { length: null, family: null, data: new Uint8Array() };
  const whole = visitFields(source, (part) => {
    parts.set(part.name, part);
    switch (part.name) {
      case "len":
        found.length = part.read(cOctet);
        return;
      case "family":
        found.family = part.read(cOctet);
        return;
      case "data":
        found.data = part.read(cOctets);
        return;
      default: {
        const hint = nearHint(part.name, ["len", "family", "data"]);
        throw part.failName("ENOENT", `Unknown field "${part.name}"`, hint);
      }
    }
  });
  return { ...found, whole, parts };
}

/** The struct's text, null for an address without one, because its zone has no number here. */
export function formatGeneric(address: SocketAddress): string | null {
  const data = dataOf(address);
  if (data === null) return null;
  const family = numberOf(address);
  const fields = [`len=${data.length + 2}`];
  if (family !== 0) fields.push(`family=${family}`);
  const text = formatOctets(data, { keepLength: false });
  if (text !== "[]") fields.push(`data=${text}`);
  return `{ ${fields.join(" ")} }`;
}

/**
 * Appends a sockaddr.
 *
 * @throws NetgraphError ENXIO for a zone that is the name of an interface, E2BIG for a path that is too long for a
 * sockaddr
 */
export function packSockaddr(address: SocketAddress, writer: OctetWriter): void {
  const data = dataOf(address);
  if (data === null) throw new NetgraphError("ENXIO", "Cannot pack an address whose zone is an interface's name");
  if (data.length > 253) throw new NetgraphError("E2BIG", `Cannot pack an address of ${data.length} octets`);
  writer.octets([data.length + 2, numberOf(address)]);
  writer.octets(data);
}

/**
 * Unpacks a sockaddr.
 *
 * @throws NetgraphError EINVAL if it is shorter than its length says
 */
export function unpackSockaddr(reader: OctetReader): SocketAddress {
  const length = reader.integer(8);
  const family = reader.integer(8);
  if (length < 2) throw new NetgraphError("EINVAL", `Cannot unpack an address whose length field is ${length}`);
  return addressOf(family, reader.octets(length - 2));
}

function numberOf(address: SocketAddress): number {
  switch (address.family) {
    case "local":
      return LOCAL;
    case "inet":
      return INET;
    case "inet6":
      return INET6;
    case "generic":
      return address.number;
  }
}

/** The octets after length and family; null if the zone has no number. */
function dataOf(address: SocketAddress): Uint8Array | null {
  const writer = new OctetWriter();
  switch (address.family) {
    case "local":
      return encodeText(address.path);
    case "generic":
      return address.data;
    case "inet":
      writePort(writer, address.port);
      writer.octets(parseIpv4(address.host));
      writer.zeros(8);
      return writer.finish();
    case "inet6": {
      const zone = address.zone ?? "0";
      if (!/^[0-9]+$/.test(zone)) return null;
      writePort(writer, address.port);
      writer.zeros(4); // Flow information: always zero.
      writer.octets(parseIpv6(address.host));
      writer.integer(BigInt(zone), 32);
      return writer.finish();
    }
  }
}

function addressOf(number: number, data: Uint8Array): SocketAddress {
  const port = (data[0] ?? 0) * 256 + (data[1] ?? 0);
  if (number === LOCAL) return { family: "local", path: decodeText(data) };
  if (number === INET && data.length === INET_LENGTH - 2) {
    return { family: "inet", host: formatIpv4(data.subarray(2, 6)), port };
  }
  if (number === INET6 && data.length === INET6_LENGTH - 2) {
    const zone = new DataView(data.buffer, data.byteOffset + 22, 4).getUint32(0, true);
    const address = data.subarray(6, 22);
    // An address with a zone that is not an interface has no form of its own, and stays in the generic one.
    if (zone === 0 || hasZone(address)) {
      return { family: "inet6", host: formatIpv6(address), port, zone: zone === 0 ? null : `${zone}` };
    }
  }
  return { family: "generic", number, data };
}

function writePort(writer: OctetWriter, port: number): void {
  writer.octets([port >> 8, port & 0xff]);
}
