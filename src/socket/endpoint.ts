/**
 * The socket to open: family, type and protocol, as in the name of a ksocket's hook.
 *
 * ```text
 * endpoint = family "/" type "/" protocol
 * family   = local | inet | inet6 | atm | divert | digits
 * type     = stream | dgram | raw | rdm | seqpacket | digits
 * protocol = an alias of the family | digits
 * ```
 *
 * Numbers are decimal and FreeBSD's, on every host; the canonical text has the name if there is one.
 *
 * @module
 */

import { nearHint } from "../ascii/near.ts";
import { AsciiError } from "../ascii/error.ts";
import { hookAdvice } from "./advice.ts";

interface FamilyFact {
  readonly freebsd: number;
  /** Null if Linux has no such family. */
  readonly linux: number | null;
  /** FreeBSD's numbers of the protocols with a name in this family; the first of two names is canonical. */
  readonly protocols: Readonly<Record<string, number>>;
}

const INET_PROTOCOLS = {
  ip: 0,
  raw: 255,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  swipe: 53,
  encap: 98,
  pim: 103,
} as const;

const FAMILIES = {
  local: { freebsd: 1, linux: 1, protocols: {} },
  inet: { freebsd: 2, linux: 2, protocols: INET_PROTOCOLS },
  // The kernel has no names for these: they are an extension.
  inet6: { freebsd: 28, linux: 10, protocols: { tcp: 6, udp: 17, raw: 255, icmp6: 58 } },
  atm: { freebsd: 30, linux: null, protocols: {} },
  divert: { freebsd: 44, linux: null, protocols: {} },
} as const satisfies Record<FamilyName, FamilyFact>;

/** The numbers are the same on FreeBSD and Linux. */
const TYPES = { stream: 1, dgram: 2, raw: 3, rdm: 4, seqpacket: 5 } as const satisfies Record<SocketType, number>;

const TCP = 6;
const MAX_NAME_LENGTH = 31;
const MAX_NUMBER = 0x7fff_ffff;

/** The usual sockets, for completion in editors. */
export const USUAL_ENDPOINTS: readonly string[] = [
  "inet/stream/tcp",
  "inet6/stream/tcp",
  "inet/dgram/udp",
  "inet6/dgram/udp",
  "local/stream/0",
  "local/dgram/0",
  "local/seqpacket/0",
];

/** Names that were parsed before: every connection of a relay opens a socket with the same one. */
const KNOWN = new Map<string, Endpoint>();
const MAX_KNOWN = 256;
/** Each new connection needs one of the same few names. */
const NAMES = new WeakMap<Endpoint, string>();

/** A family that has a name. */
export type FamilyName = "local" | "inet" | "inet6" | "atm" | "divert";

/** A socket's type. */
export type SocketType = "stream" | "dgram" | "raw" | "rdm" | "seqpacket";

/** The socket to open. */
export interface Endpoint {
  /** A name, or FreeBSD's number of a family without one. */
  readonly family: FamilyName | number;
  /** The kind of traffic. */
  readonly type: SocketType;
  /** The protocol's number, 0 for the type's default. */
  readonly protocol: number;
  /** True for the extension `tls`: TLS over TCP. */
  readonly tls: boolean;
}

/** The systems whose numbers are known. */
export type NumberingSystem = "freebsd" | "linux";

/**
 * Parses the name of a ksocket's hook.
 *
 * @throws AsciiError EINVAL at the component that is wrong
 *
 * @example
 * ```ts
 * import { parseEndpoint } from "@sockgraph/sockgraph";
 *
 * console.log(parseEndpoint("inet/stream/tcp").type); // stream
 * ```
 */
export function parseEndpoint(text: string): Endpoint {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const endpoint = readEndpoint(text);
  if (KNOWN.size < MAX_KNOWN) KNOWN.set(text, endpoint);
  return endpoint;
}

function readEndpoint(text: string): Endpoint {
  const [familyText = "", typeText, protocolText, ...rest] = text.split("/");
  const typeAt = familyText.length + 1;
  if (typeText === undefined || protocolText === undefined) {
    const hint = hookAdvice(text) ?? "such as inet/stream/tcp";
    throw refuse(`Hook "${text}" is not of the form family/type/protocol`, { offset: 0, text, hint });
  }
  const protocolAt = typeAt + typeText.length + 1;
  if (rest.length > 0) {
    const offset = protocolAt + protocolText.length;
    throw refuse(`Hook "${text}" has a fourth part`, { offset, text: text.slice(offset), hint: null });
  }
  const family = parseFamily(
    familyText,
    /^(tcp|udp|icmp|https?|tls)[46]?$|:/i.test(familyText) ? hookAdvice(text) : null,
  );
  const type = parseType(typeText, typeAt);
  const { protocol, tls } = parseProtocol(protocolText, { family, type, offset: protocolAt });
  if (text.length > MAX_NAME_LENGTH) {
    const message = `Hook name "${text}" is longer than ${MAX_NAME_LENGTH} octets`;
    throw refuse(message, { offset: MAX_NAME_LENGTH, text: text.slice(MAX_NAME_LENGTH), hint: null });
  }
  return { family, type, protocol, tls };
}

/**
 * The canonical name of the hook, with names where they exist. Equal sockets have equal names.
 *
 * @example
 * ```ts
 * import { formatEndpoint, parseEndpoint } from "@sockgraph/sockgraph";
 *
 * console.log(formatEndpoint(parseEndpoint("2/1/6"))); // inet/stream/tcp
 * ```
 */
export function formatEndpoint(endpoint: Endpoint): string {
  const known = NAMES.get(endpoint);
  if (known !== undefined) return known;
  const name = `${endpoint.family}/${endpoint.type}/${endpoint.tls ? "tls" : protocolName(endpoint)}`;
  NAMES.set(endpoint, name);
  return name;
}

/**
 * Parses a family alone: a name or FreeBSD's number, as at the beginning of a socket address.
 *
 * @param advice a suggestion if the text is invalid, if there is one
 * @throws AsciiError EINVAL with offsets in `text`
 */
export function parseFamily(text: string, advice: string | null = null): FamilyName | number {
  if (isFamilyName(text)) return text;
  const number = parseNumber(text, 0);
  if (number !== null) return familyOfNumber(number, "freebsd");
  throw refuse(`Unknown family "${text}"`, { offset: 0, text, hint: advice ?? familyHint(text) });
}

/** The family with a system's number, by name if it has one. */
export function familyOfNumber(number: number, system: NumberingSystem): FamilyName | number {
  return Object.keys(FAMILIES).filter(isFamilyName).find((name) => FAMILIES[name][system] === number) ?? number;
}

/** A system's number of a family; null if it has no such family. An unnamed number is FreeBSD's only. */
export function familyNumber(family: FamilyName | number, system: NumberingSystem): number | null {
  if (typeof family === "number") return system === "freebsd" ? family : null;
  return FAMILIES[family][system];
}

/** The number of a socket type, the same on all systems. */
export function typeNumber(type: SocketType): number {
  return TYPES[type];
}

function parseType(text: string, offset: number): SocketType {
  if (isType(text)) return text;
  const number = parseNumber(text, offset);
  const type = Object.keys(TYPES).filter(isType).find((name) => TYPES[name] === number);
  if (type !== undefined) return type;
  const hint = nearHint(text, Object.keys(TYPES)) ?? `one of ${Object.keys(TYPES).join(", ")}`;
  throw refuse(`Unknown socket type "${text}"`, { offset, text, hint });
}

function parseProtocol(
  text: string,
  { family, type, offset }: { family: FamilyName | number; type: SocketType; offset: number },
): { protocol: number; tls: boolean } {
  if (text === "tls") {
    if (type === "stream" && (family === "inet" || family === "inet6")) return { protocol: TCP, tls: true };
    throw refuse('Protocol "tls" requires socket type "stream" and family "inet" or "inet6"', {
      offset,
      text,
      hint: null,
    });
  }
  const names = protocolsOf(family);
  const protocol = Object.hasOwn(names, text) ? names[text] : parseNumber(text, offset);
  if (protocol !== null && protocol !== undefined) return { protocol, tls: false };
  const known = [...Object.keys(names), ...(type === "stream" ? ["tls"] : [])];
  const hint = family === "local" || known.length === 0
    ? "write 0"
    : nearHint(text, known) ?? `one of ${known.join(", ")}, or its number`;
  throw refuse(`Unknown protocol "${text}" of family "${family}"`, { offset, text, hint });
}

/** The decimal number of a component, or null for a word. Leading zeros stay decimal, as in the kernel. */
function parseNumber(text: string, offset: number): number | null {
  if (text === "") {
    throw refuse("A part of the hook's name is empty", { offset, text, hint: "write 0 for the default" });
  }
  if (!/^[0-9]+$/.test(text)) return null;
  const number = Number(text);
  if (number > MAX_NUMBER) throw refuse(`Number ${text} is larger than ${MAX_NUMBER}`, { offset, text, hint: null });
  return number;
}

function protocolName({ family, protocol }: Endpoint): string {
  const found = Object.entries(protocolsOf(family)).find(([, number]) => number === protocol);
  return found?.[0] ?? `${protocol}`;
}

function protocolsOf(family: FamilyName | number): Readonly<Record<string, number>> {
  return typeof family === "number" ? {} : FAMILIES[family].protocols;
}

function familyHint(text: string): string {
  const word = text.toLowerCase();
  if (word === "unix") return 'did you mean "local"?';
  if (word === "ip" || word === "ipv4" || word === "inet4") return 'did you mean "inet"?';
  if (word === "ipv6" || word === "ip6") return 'did you mean "inet6"?';
  return nearHint(text, Object.keys(FAMILIES)) ?? `one of ${Object.keys(FAMILIES).join(", ")}`;
}

function isFamilyName(text: string): text is FamilyName {
  return Object.hasOwn(FAMILIES, text);
}

function isType(text: string): text is SocketType {
  return Object.hasOwn(TYPES, text);
}

function refuse(message: string, where: { offset: number; text: string; hint: string | null }): AsciiError {
  return new AsciiError("EINVAL", message, { offset: where.offset, length: where.text.length, hint: where.hint });
}
