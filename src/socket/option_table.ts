/**
 * Socket options by their C names: numbers on FreeBSD and Linux, what their value is, and on which sockets they exist.
 *
 * @module
 */

import { duration } from "../ascii/duration.ts";
import { int32, integer, uint32 } from "../ascii/scalar.ts";
import { required, struct, withInitial } from "../ascii/struct.ts";
import { readScalar } from "../ascii/part.ts";
import { describeToken } from "../ascii/scanner.ts";
import { shifted } from "../ascii/shift.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { Endpoint, NumberingSystem } from "./endpoint.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** SO_LINGER. */
export interface LingerValue {
  /** 0 or 1. */
  readonly onoff: number;
  /** In seconds. */
  readonly linger: number;
}

/** IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP. */
export interface MembershipValue {
  /** The multicast address. */
  readonly group: string;
  /** The address of the interface; 0.0.0.0 lets the system choose. */
  readonly interface: string;
}

/** IPV6_JOIN_GROUP and IPV6_LEAVE_GROUP. */
export interface Membership6Value {
  /** The multicast address. */
  readonly group: string;
  /** The number of the interface; 0 lets the system choose. */
  readonly interface: number;
}

/**
 * The value of an option: a number for integers, switches (0, 1) and times (milliseconds), text for an IPv4 address, and
 * octets for an option we do not know.
 */
export type OptionValue = number | string | LingerValue | MembershipValue | Membership6Value | Uint8Array;

/** How a system numbers an option. */
export interface OptionNumbers {
  /** The protocol whose option it is, or SOL_SOCKET. */
  readonly level: number;
  /** The option within its level. */
  readonly name: number;
}

/** What we know of an option. */
export interface OptionFact {
  /** Null where FreeBSD has no such option. */
  readonly freebsd: OptionNumbers | null;
  /** Null where Linux has no such option. */
  readonly linux: OptionNumbers | null;
  /** Reads, prints and packs its value. */
  readonly value: AsciiType<OptionValue>;
  /** How many octets the value has in binary. */
  readonly octets: number;
  /** True where a system answers 0 or any other number for off and on. */
  readonly isSwitch: boolean;
  /** True where the option can only be asked for. */
  readonly readOnly: boolean;
  /** True where several can be set side by side, one a group. */
  readonly perGroup: boolean;
  /** True when sockets of this kind have the option. */
  appliesTo(endpoint: Endpoint): boolean;
}

interface ValueKind {
  readonly value: AsciiType<OptionValue>;
  readonly octets: number;
  readonly isSwitch?: boolean;
  readonly perGroup?: boolean;
}

const SOL_SOCKET = 0xffff;
const LINUX_SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;

const SWITCH_WORDS: ReadonlyMap<string, number> = new Map([["0", 0], ["1", 1], ["false", 0], ["true", 1]]);

/** 0 or 1, also written false and true. */
const switchValue: AsciiType<number> = {
  ...int32,
  description: { kind: "boolean" },
  parse: (scanner) => {
    const token = scanner.peek();
    const value = SWITCH_WORDS.get(token.text);
    if (token.kind !== "word" || value === undefined) {
      throw scanner.failAt(token, "EINVAL", `Expected 0 or 1 but found ${describeToken(token)}`);
    }
    scanner.next();
    return value;
  },
  read: (literal) => readScalar(switchValue, literal),
  // Systems answer with the option's own bit rather than 1.
  unpack: (reader) => int32.unpack(reader) === 0 ? 0 : 1,
};

const ipv4Value = addressValue("IPv4 address", { octets: 4, example: "0.0.0.0", parse: parseIpv4, format: formatIpv4 });
const ipv6Value = addressValue("IPv6 address", {
  octets: 16,
  example: "ff02::1",
  parse: parseIpv6,
  format: formatIpv6,
});
const lingerValue: AsciiType<LingerValue> = struct({ onoff: int32, linger: int32 });
const membershipValue: AsciiType<MembershipValue> = struct({
  group: required(ipv4Value),
  interface: withInitial(ipv4Value, "0.0.0.0"),
});
const membership6Value: AsciiType<Membership6Value> = struct({ group: required(ipv6Value), interface: uint32 });

/** A struct timeval: seconds and microseconds in 64 bits each. */
const timeValue: AsciiType<number> = {
  ...duration,
  read: (literal) => readScalar(timeValue, literal),
  pack: (value, writer) => {
    writer.integer(Math.floor(value / 1000), 64);
    writer.integer((value % 1000) * 1000, 64);
  },
  unpack: (reader) => Number(reader.bigInteger(64)) * 1000 + Math.floor(Number(reader.bigInteger(64)) / 1000),
};

const INT: ValueKind = { value: int32, octets: 4 };
const OCTET: ValueKind = { value: integer({ bits: 32, signed: true, min: 0, max: 255 }), octets: 4 };
const SWITCH: ValueKind = { value: switchValue, octets: 4, isSwitch: true };
const TIME: ValueKind = { value: timeValue, octets: 16 };
const LINGER: ValueKind = { value: lingerValue, octets: 8 };
const IPV4: ValueKind = { value: ipv4Value, octets: 4 };
const MEMBERSHIP: ValueKind = { value: membershipValue, octets: 8, perGroup: true };
const MEMBERSHIP6: ValueKind = { value: membership6Value, octets: 20, perGroup: true };

/** The options that have a name here. */
export const OPTIONS: Readonly<Record<string, OptionFact>> = {
  SO_REUSEADDR: socket(0x4, 2, SWITCH),
  SO_KEEPALIVE: socket(0x8, 9, SWITCH),
  SO_DONTROUTE: socket(0x10, 5, SWITCH),
  SO_BROADCAST: socket(0x20, 6, SWITCH),
  SO_LINGER: socket(0x80, 13, LINGER),
  SO_OOBINLINE: socket(0x100, 10, SWITCH),
  SO_REUSEPORT: socket(0x200, 15, SWITCH),
  SO_REUSEPORT_LB: socket(0x10000, null, SWITCH),
  SO_SNDBUF: socket(0x1001, 7, INT),
  SO_RCVBUF: socket(0x1002, 8, INT),
  SO_SNDTIMEO: socket(0x1005, 21, TIME),
  SO_RCVTIMEO: socket(0x1006, 20, TIME),
  SO_ERROR: socket(0x1007, 4, INT, { readOnly: true }),
  SO_TYPE: socket(0x1008, 3, INT, { readOnly: true }),
  SO_SETFIB: socket(0x1014, null, INT),
  SO_PRIORITY: socket(null, 12, INT),
  SO_MARK: socket(null, 36, INT),
  TCP_NODELAY: tcp(1, 1, SWITCH),
  TCP_MAXSEG: tcp(2, 2, INT),
  TCP_KEEPIDLE: tcp(256, 4, INT),
  TCP_KEEPINTVL: tcp(512, 5, INT),
  TCP_KEEPCNT: tcp(1024, 6, INT),
  TCP_CORK: tcp(null, 3, SWITCH),
  TCP_USER_TIMEOUT: tcp(null, 18, INT),
  TCP_FASTOPEN: tcp(null, 23, INT),
  IP_TOS: ip(3, 1, OCTET),
  IP_TTL: ip(4, 2, OCTET),
  IP_MULTICAST_IF: ip(9, 32, IPV4),
  IP_MULTICAST_TTL: ip(10, 33, OCTET),
  IP_MULTICAST_LOOP: ip(11, 34, SWITCH),
  IP_ADD_MEMBERSHIP: ip(12, 35, MEMBERSHIP),
  IP_DROP_MEMBERSHIP: ip(13, 36, MEMBERSHIP),
  IPV6_UNICAST_HOPS: ip6(4, 16, INT),
  IPV6_MULTICAST_IF: ip6(9, 17, INT),
  IPV6_MULTICAST_HOPS: ip6(10, 18, INT),
  IPV6_MULTICAST_LOOP: ip6(11, 19, SWITCH),
  IPV6_JOIN_GROUP: ip6(12, 20, MEMBERSHIP6),
  IPV6_LEAVE_GROUP: ip6(13, 21, MEMBERSHIP6),
  IPV6_V6ONLY: ip6(27, 26, SWITCH),
};

/** The name of the option that a system numbers so, or null for one we do not know. */
export function optionNamed(system: NumberingSystem, numbers: OptionNumbers): string | null {
  const found = Object.entries(OPTIONS).find(([, fact]) => {
    return fact[system]?.level === numbers.level && fact[system]?.name === numbers.name;
  });
  return found?.[0] ?? null;
}

function socket(
  freebsd: number | null,
  linux: number | null,
  kind: ValueKind,
  { readOnly = false }: { readOnly?: boolean } = {},
): OptionFact {
  const levels = { freebsd: SOL_SOCKET, linux: LINUX_SOL_SOCKET };
  return { ...fact(levels, { freebsd, linux }, kind), readOnly };
}

function tcp(freebsd: number | null, linux: number | null, kind: ValueKind): OptionFact {
  const levels = { freebsd: IPPROTO_TCP, linux: IPPROTO_TCP };
  const appliesTo = ({ family, type }: Endpoint): boolean => type === "stream" && family !== "local";
  return { ...fact(levels, { freebsd, linux }, kind), appliesTo };
}

function ip(freebsd: number, linux: number, kind: ValueKind): OptionFact {
  const levels = { freebsd: IPPROTO_IP, linux: IPPROTO_IP };
  return { ...fact(levels, { freebsd, linux }, kind), appliesTo: ({ family }) => family === "inet" };
}

function ip6(freebsd: number, linux: number, kind: ValueKind): OptionFact {
  const levels = { freebsd: IPPROTO_IPV6, linux: IPPROTO_IPV6 };
  return { ...fact(levels, { freebsd, linux }, kind), appliesTo: ({ family }) => family === "inet6" };
}

function fact(
  levels: Readonly<Record<NumberingSystem, number>>,
  names: Readonly<Record<NumberingSystem, number | null>>,
  kind: ValueKind,
): OptionFact {
  const numbers = (system: NumberingSystem): OptionNumbers | null => {
    const name = names[system];
    return name === null ? null : { level: levels[system], name };
  };
  return {
    freebsd: numbers("freebsd"),
    linux: numbers("linux"),
    value: kind.value,
    octets: kind.octets,
    isSwitch: kind.isSwitch ?? false,
    readOnly: false,
    perGroup: kind.perGroup ?? false,
    appliesTo: () => true,
  };
}

function addressValue(
  name: string,
  { octets, example, parse, format }: {
    octets: number;
    example: string;
    parse: (text: string) => Uint8Array;
    format: (octets: Uint8Array) => string;
  },
): AsciiType<string> {
  const type: AsciiType<string> = {
    description: { kind: "named", name, examples: [example] },
    parse: (scanner) => {
      const token = scanner.peek();
      const value = format(shifted(token.offset, () => parse(token.text)));
      scanner.next();
      return value;
    },
    read: (literal) => readScalar(type, literal),
    format: (value) => value,
    pack: (value, writer) => writer.octets(parse(value)),
    unpack: (reader) => format(reader.octets(octets)),
  };
  return type;
}
