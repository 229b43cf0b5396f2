/**
 * The text form of socket addresses.
 *
 * ```text
 * sockaddr = inet | inet6 | local | generic
 * inet     = "inet/" d "." d "." d "." d [ ":" port ]
 * inet6    = "inet6/[" address [ "%" zone ] "]" [ ":" port ]
 * local    = "local/" string          "@name" is a name in Linux's abstract space, as "\\000name" is; "./@name" a file
 * generic  = "{ len=" octets "family=" number [ "data=" octets ] "}"
 * target   = sockaddr | ( "inet/" | "inet6/" | "tcp/" | "udp/" ) host-name [ ":" port ]     tcp and udp leave the family open
 * connect  = target | "pool/" node-name
 * ```
 *
 * Hosts are kept in canonical text, therefore equal addresses are equal data. A generic form of a known family is
 * converted to that family's.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { decodeText, type OctetWriter } from "../ascii/octets.ts";
import { readComposite } from "../ascii/part.ts";
import { quoteText, readQuoted } from "../ascii/quote.ts";
import { describeToken, type Scanner } from "../ascii/scanner.ts";
import { hint32 } from "../ascii/scalar.ts";
import { shifted } from "../ascii/shift.ts";
import { struct } from "../ascii/struct.ts";
import type { AsciiError } from "../ascii/error.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { ConnectAddress, NameAddress, PoolAddress, SocketAddress, TargetAddress } from "./address.ts";
import { addressAdvice } from "./advice.ts";
import { type FamilyName, parseFamily } from "./endpoint.ts";
import { parseHostName } from "./host_name.ts";
import { formatIpv4, formatIpv6, hasZone, parseIpv4, parseIpv6 } from "./ip.ts";
import { formatGeneric, MAX_PATH_OCTETS, packSockaddr, readGeneric, unpackSockaddr } from "./sockaddr.ts";

const FAMILY = /[^ \t\n\r\v\f{}[\]="/]+/y;
const REST = /[^ \t\n\r\v\f{}[\]="]*/y;
const BRACKETED = /\[[^\]\s]*\]/y;
const ZONE = /^[A-Za-z0-9_.-]{1,15}$/;
const AT = 0x40;
const EXAMPLES = 'such as inet/127.0.0.1:80, inet6/[::1]:80 or local/"/run/app.sock"';
const POOL = "pool";
const POOL_NAME = /^[^.:/]{1,31}$/;
const NAME_HINT = "only connect accepts host names";

/**
 * A literal socket address.
 *
 * @example
 * ```ts
 * import { parseText, sockaddr } from "@sockgraph/sockgraph";
 *
 * const address = parseText(sockaddr, "inet6/[::1]:80");
 * console.log(sockaddr.format(address)); // inet6/[::1]:80
 * ```
 */
export const sockaddr: AsciiType<SocketAddress> = {
  description: {
    kind: "named",
    name: "sockaddr",
    examples: ["inet/127.0.0.1:8080", "inet6/[::1]:8080", 'local/"/run/app.sock"'],
  },
  parse: (scanner) => parseLiteral(scanner),
  read: (literal) => readComposite(sockaddr, literal, readGeneric),
  format: formatLiteral,
  pack: packSockaddr,
  unpack: unpackSockaddr,
};

/** The argument of connect: a socket address, a host name with a port, or a pool. */
export const connectAddress: AsciiType<ConnectAddress> = {
  description: {
    kind: "named",
    name: "connectAddress",
    examples: ["inet/192.0.2.1:80", "inet/localhost:3000", "pool/NAME"],
  },
  parse: (scanner) => parseAddress(scanner, { names: true, pools: true }),
  read: (literal) => readComposite<ConnectAddress>(connectAddress, literal, readGeneric),
  format: formatAddress,
  pack: packAddress,
  unpack: unpackSockaddr,
};

/** The address of a target: a socket address, or a host name with a port. */
export const targetAddress: AsciiType<TargetAddress> = {
  description: { kind: "named", name: "targetAddress", examples: ["inet/192.0.2.1:80", "inet/localhost:3000"] },
  parse: (scanner) => {
    const address = parseAddress(scanner, { names: true });
    if (address.family === "pool") throw new TypeError(`Pool "${address.name}" as a target`);
    return address;
  },
  read: (literal) => readComposite<TargetAddress>(targetAddress, literal, readGeneric),
  format: formatAddress,
  pack: packAddress,
  unpack: unpackSockaddr,
};

function packAddress(value: ConnectAddress, writer: OctetWriter): void {
  if (value.family === "name" || value.family === "pool") {
    const what = value.family === "name" ? "host name" : "pool";
    throw new NetgraphError("EAFNOSUPPORT", `Cannot pack ${what} "${value.name}": FreeBSD accepts addresses only`);
  }
  packSockaddr(value, writer);
}

/** The text of an address that connect takes. */
function formatAddress(value: ConnectAddress): string {
  if (value.family === "pool") return `pool/${value.name}`;
  return value.family === "name" ? `${value.of}/${value.name}${portText(value.port)}` : formatLiteral(value);
}

/** The reply of accept: the clone's ID, and its peer's address. */
export interface AcceptReply {
  /** The clone's ID. */
  readonly nodeid: number;
  /** The address of the peer. */
  readonly addr: SocketAddress;
}

const acceptStruct: AsciiType<AcceptReply> = struct({ nodeid: hint32, addr: sockaddr });

/** Accept's reply. As in the kernel, its address is printed as the generic struct for every family. */
export const acceptReply: AsciiType<AcceptReply> = {
  ...acceptStruct,
  format: ({ nodeid, addr }) =>
    `{ nodeid=${hint32.format(nodeid)} addr=${formatGeneric(addr) ?? formatLiteral(addr)} }`,
};

/** True when two addresses are the same. */
export function sameAddress(one: SocketAddress, other: SocketAddress): boolean {
  return formatLiteral(one) === formatLiteral(other);
}

/** The address in the usual notation of other tools: `127.0.0.1:80`, `[::1]:80`, a path. */
export function hostPort(address: ConnectAddress): string {
  switch (address.family) {
    case "inet":
      return `${address.host}:${address.port}`;
    case "inet6":
      return `[${address.host}${zoneText(address.zone)}]:${address.port}`;
    case "name":
      return `${address.name}:${address.port}`;
    case "pool":
      return formatAddress(address);
    case "local":
      return address.path.replace(/^\0/, "@");
    case "generic":
      return formatLiteral(address);
  }
}

/** A literal address in two parts: its text without the port, and the port, which is 0 for none. */
export function splitAddress(address: SocketAddress): { readonly text: string; readonly port: number } {
  return { text: textWithoutPort(address), port: "port" in address ? address.port : 0 };
}

function formatLiteral(address: SocketAddress): string {
  return textWithoutPort(address) + ("port" in address ? portText(address.port) : "");
}

function textWithoutPort(address: SocketAddress): string {
  switch (address.family) {
    case "inet":
      return `inet/${address.host}`;
    case "inet6":
      return `inet6/[${address.host}${zoneText(address.zone)}]`;
    case "local":
      // The socket of another program may have such a path; here it would be a name in the abstract space.
      return `local/${quoteText(address.path.startsWith("@") ? `./${address.path}` : address.path)}`;
    case "generic":
      return formatGeneric(address) ?? "{}";
  }
}

/** The text between blanks, including quotes and brackets. */
function wordAt(text: string, start: number): string {
  return /^\S*/.exec(text.slice(start))?.[0] ?? "";
}

function parseLiteral(scanner: Scanner): SocketAddress {
  const address = parseAddress(scanner, { names: false });
  if (address.family === "name" || address.family === "pool") {
    throw new TypeError(`Name "${address.name}" in a literal address`);
  }
  return address;
}

/** Other texts that are allowed instead of an address. */
interface NamesAllowed {
  readonly names: boolean;
  readonly pools?: boolean;
}

function parseAddress(scanner: Scanner, options: NamesAllowed): ConnectAddress {
  const token = scanner.peek();
  if (token.kind === "{") return readGeneric(scanner);
  const start = scanner.offset;
  const text = token.kind === "word" ? scanner.match(FAMILY) : null;
  if (text === null || scanner.match(/\//y) === null) {
    const message = `Expected a socket address but found ${describeToken(token)}`;
    throw scanner.failAt(
      token,
      "EINVAL",
      message,
      addressAdvice(wordAt(scanner.text, token.offset), options) ?? EXAMPLES,
    );
  }
  if (text === POOL) return parsePool(scanner, { start, ...options });
  if (options.names && (text === "tcp" || text === "udp")) return parseOpen(scanner, text);
  const family = shifted(start, () => parseFamily(text, addressAdvice(wordAt(scanner.text, start), options)));
  switch (family) {
    case "inet":
      return parseInet(scanner, options);
    case "inet6":
      return parseInet6(scanner, options);
    case "local":
      return parseLocal(scanner);
    default:
      throw refuseFamily(scanner, family, { offset: start, length: text.length });
  }
}

/** A host name whose family is left open. */
function parseOpen(scanner: Scanner, of: "tcp" | "udp"): NameAddress {
  const start = scanner.offset;
  const text = scanner.match(REST) ?? "";
  const { host, port } = splitPort(scanner, { text, start });
  const name = parseHostName(host);
  if (name !== null) return { family: "name", of, name, port };
  const whole = wordAt(scanner.text, start);
  const advice = whole.startsWith("[")
    ? `write inet6/${whole}`
    : /^[0-9.]+(:|$)/.test(text)
    ? `write inet/${text}`
    : null;
  const where = { offset: start, length: Math.max(whole.length, 1), hint: advice ?? `such as ${of}/db.example:5432` };
  throw scanner.fail("EINVAL", `"${whole}" is not a host name`, where);
}

function parsePool(scanner: Scanner, { start, pools = false }: NamesAllowed & { readonly start: number }): PoolAddress {
  const at = scanner.offset;
  const name = scanner.match(REST) ?? "";
  const where = { offset: at, length: name.length };
  if (!pools) {
    const whole = { offset: start, length: at - start + name.length };
    throw scanner.fail("EINVAL", `"pool/${name}" is a pool, not an address`, {
      ...whole,
      hint: "only connect accepts pools",
    });
  }
  if (name === "" || !POOL_NAME.test(name)) {
    throw scanner.fail("EINVAL", `"${name}" is not the name of a node`, {
      ...where,
      hint: "such as pool/NAME, where NAME is a node of type pool",
    });
  }
  return { family: "pool", name };
}

function refuseFamily(
  scanner: Scanner,
  family: FamilyName | number,
  where: { offset: number; length: number },
): AsciiError {
  const hint = "write { len=16 family=16 data=[ 0x70 0 1 ] }";
  return scanner.fail("EINVAL", `Addresses of family "${family}" have no text form`, { ...where, hint });
}

function parseInet(scanner: Scanner, options: { names: boolean }): ConnectAddress {
  const start = scanner.offset;
  const text = scanner.match(REST) ?? "";
  const { host, port } = splitPort(scanner, { text, start });
  const whole = wordAt(scanner.text, start);
  if (host.includes("/") || host.includes(":") || whole.startsWith("[")) {
    const advice = addressAdvice(whole, options);
    const hint = advice?.startsWith("write inet6/") === true ? `${advice}, with a hook of family inet6` : advice;
    if (hint !== null) {
      throw scanner.fail("EINVAL", `"${whole}" is not an IPv4 address`, { offset: start, length: whole.length, hint });
    }
  }
  const name = parseHostName(host);
  if (name !== null) return nameAddress(scanner, { of: "inet", name, host, port, start, ...options });
  const hint = host.includes(":") ? "an IPv6 address is written inet6/[::1]:80" : host === "*" ? "write 0.0.0.0" : null;
  if (hint !== null) {
    throw scanner.fail("EINVAL", `"${host}" is not an IPv4 address`, { offset: start, length: host.length, hint });
  }
  return { family: "inet", host: formatIpv4(shifted(start, () => parseIpv4(host))), port };
}

function parseInet6(scanner: Scanner, options: { names: boolean }): ConnectAddress {
  const start = scanner.offset;
  const bracketed = scanner.match(BRACKETED);
  const rest = scanner.match(REST) ?? "";
  if (bracketed === null) {
    const { host, port } = splitPort(scanner, { text: rest, start });
    const name = parseHostName(host);
    if (name !== null) return nameAddress(scanner, { of: "inet6", name, host, port, start, ...options });
    // An IPv4 address after inet6/, or an IPv6 one without its brackets.
    const advice = /^[0-9.]+(:|$)|:.*:/.test(rest) ? addressAdvice(rest, options) : null;
    const hint = rest.startsWith("*")
      ? `write inet6/[::]${rest.slice(1)}`
      : advice ?? "write the address in brackets, such as inet6/[::1]:80";
    const where = { offset: start, length: rest.length, hint };
    throw scanner.fail("EINVAL", "Expected an IPv6 address in brackets", where);
  }
  const portAt = start + bracketed.length;
  if (rest !== "" && !rest.startsWith(":")) {
    throw scanner.fail("EINVAL", `Unexpected "${rest}" after the address`, { offset: portAt, length: rest.length });
  }
  const port = rest === "" ? 0 : parsePort(scanner, { text: rest.slice(1), offset: portAt + 1 });
  const [address = "", zone = null, ...more] = bracketed.slice(1, -1).split("%");
  const octets = shifted(start + 1, () => parseIpv6(address));
  const host = formatIpv6(octets);
  const zoneAt = { offset: start + 2 + address.length, length: bracketed.length - 3 - address.length };
  if (zone !== null && (more.length > 0 || !ZONE.test(zone))) {
    throw scanner.fail("EINVAL", `"${zone}" is not a zone`, { ...zoneAt, hint: "a zone is the name of an interface" });
  }
  if (zone !== null && !hasZone(octets)) {
    throw scanner.fail("EINVAL", `Only a link-local address has a zone, and "${host}" is not link-local`, zoneAt);
  }
  return { family: "inet6", host, port, zone };
}

function parseLocal(scanner: Scanner): SocketAddress {
  const start = scanner.offset;
  const token = scanner.peek();
  if (token.kind !== "string" || token.offset !== start) {
    const bare = scanner.match(REST) ?? "";
    const hint = `write the path in double quotes, such as local/"${
      bare.replace(/^'(.*)'$/, "$1") || "/run/app.sock"
    }"`;
    throw scanner.fail("EINVAL", "Expected a quoted path", { offset: start, length: bare.length, hint });
  }
  const octets = readQuoted(scanner, { nul: true });
  // The notation of socat, systemd and ss for a name in Linux's abstract space.
  if (octets[0] === AT) octets[0] = 0;
  const most = octets[0] === 0 ? MAX_PATH_OCTETS + 1 : MAX_PATH_OCTETS;
  if (octets.length > most) {
    const where = { offset: start, length: token.length };
    throw scanner.fail("E2BIG", `Path has ${octets.length} octets where ${most} are possible`, where);
  }
  return { family: "local", path: decodeText(octets) };
}

function nameAddress(
  scanner: Scanner,
  found: { of: "inet" | "inet6"; name: string; host: string; port: number; start: number; names: boolean },
): NameAddress {
  const { of, name, host, port, start, names } = found;
  if (names) return { family: "name", of, name, port };
  const loopback = of === "inet" ? "inet/127.0.0.1" : "inet6/[::1]";
  const any = of === "inet" ? "inet/0.0.0.0" : "inet6/[::]";
  const advice = name === "localhost"
    ? `write ${loopback}${portText(port)}`
    : `write an address of this machine, such as ${any}${portText(port)}`;
  const where = { offset: start, length: host.length, hint: `${NAME_HINT}: ${advice}` };
  throw scanner.fail("EINVAL", `"${host}" is a host name, not an address`, where);
}

function splitPort(scanner: Scanner, { text, start }: { text: string; start: number }): { host: string; port: number } {
  const colon = text.indexOf(":");
  // Several colons are an IPv6 address in the wrong place, not a port.
  if (colon < 0 || text.indexOf(":", colon + 1) >= 0) return { host: text, port: 0 };
  const port = parsePort(scanner, { text: text.slice(colon + 1), offset: start + colon + 1 });
  return { host: text.slice(0, colon), port };
}

function parsePort(scanner: Scanner, { text, offset }: { text: string; offset: number }): number {
  const where = { offset, length: text.length };
  if (/^[0-9]+-[0-9]+$/.test(text)) {
    const hint = `in a topology write ${"${each.port}"} here, and each: { port: ${text} } at the node`;
    throw scanner.fail("EINVAL", `An address has one port, not the range "${text}"`, { ...where, hint });
  }
  if (!/^[0-9]+$/.test(text)) {
    throw scanner.fail("EINVAL", `Port "${text}" is not a number`, { ...where, hint: "a port is decimal" });
  }
  if (Number(text) > 65535) {
    throw scanner.fail("EINVAL", `Port ${text} in "${scanner.text.trim()}" is larger than 65535`, where);
  }
  return Number(text);
}

function portText(port: number): string {
  return port === 0 ? "" : `:${port}`;
}

function zoneText(zone: string | null): string {
  return zone === null ? "" : `%${zone}`;
}
