/**
 * Socket options by their C names: numbers on FreeBSD and Linux, what their value is, and on which sockets they exist.
 *
 * @module
 */

import type { AsciiType } from "../ascii/type.ts";
import type { Endpoint, NumberingSystem } from "./endpoint.ts";
import {
  ASKED,
  INT,
  IPV4,
  LINGER,
  MEMBERSHIP,
  MEMBERSHIP6,
  OCTET,
  type OptionValue,
  SWITCH,
  TIME,
  type ValueKind,
} from "./option_value.ts";

/** How a system numbers an option. */
export interface OptionNumbers {
  /** The protocol whose option it is, or SOL_SOCKET. */
  readonly level: number;
  /** The option within its level. */
  readonly name: number;
}

/** What we know of an option. */
export interface OptionFact {
  /** One line for people. */
  readonly summary: string;
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

const SOL_SOCKET = 0xffff;
const LINUX_SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;

/** The options that have a name here. Each says its numbers on FreeBSD and on Linux, null where there is none. */
export const OPTIONS: Readonly<Record<string, OptionFact>> = {
  SO_ACCEPTCONN: socket(0x2, 30, ASKED, "1 while the socket listens"),
  SO_REUSEADDR: socket(0x4, 2, SWITCH, "Bind though connections of an earlier listener linger"),
  SO_KEEPALIVE: socket(0x8, 9, SWITCH, "Ask an idle peer whether it is still there"),
  SO_DONTROUTE: socket(0x10, 5, SWITCH, "Send to neighbours only"),
  SO_BROADCAST: socket(0x20, 6, SWITCH, "May send to broadcast addresses"),
  SO_LINGER: socket(0x80, 13, LINGER, "What close does with data not yet sent; onoff=1 linger=0 resets"),
  SO_OOBINLINE: socket(0x100, 10, SWITCH, "Urgent data comes with the rest"),
  SO_REUSEPORT: socket(0x200, 15, SWITCH, "Several sockets bind one address; Linux shares connections out"),
  SO_REUSEPORT_LB: socket(0x10000, null, SWITCH, "Several sockets bind one address and share connections out"),
  SO_TIMESTAMP: socket(0x400, 29, SWITCH, "The system notes when a datagram came"),
  SO_SNDBUF: socket(0x1001, 7, INT, "Room for what is to be sent; the system may give more"),
  SO_RCVBUF: socket(0x1002, 8, INT, "Room for what has come; the system may give more"),
  SO_RCVLOWAT: socket(0x1004, 18, INT, "So many octets must have come before the socket can be read"),
  SO_SNDTIMEO: socket(0x1005, 21, TIME, "How long a blocking send waits"),
  SO_RCVTIMEO: socket(0x1006, 20, TIME, "How long a blocking receive waits"),
  SO_ERROR: socket(0x1007, 4, ASKED, "The errno that waits at the socket, which asking clears"),
  SO_TYPE: socket(0x1008, 3, ASKED, "1 for stream, 2 for dgram, 3 for raw, 5 for seqpacket"),
  SO_SETFIB: socket(0x1014, null, INT, "The routing table"),
  SO_PROTOCOL: socket(0x1016, 38, ASKED, "The protocol's number"),
  SO_MAX_PACING_RATE: socket(0x1018, 47, INT, "The most octets a second"),
  SO_PRIORITY: socket(null, 12, INT, "The queue that packets take"),
  SO_MARK: socket(null, 36, INT, "A mark for routing and filters; needs CAP_NET_ADMIN"),
  TCP_NODELAY: tcp(1, 1, SWITCH, "Small writes go out at once"),
  TCP_MAXSEG: tcp(2, 2, INT, "The largest segment"),
  TCP_NOPUSH: tcp(4, null, SWITCH, "Wait until a segment is full"),
  TCP_KEEPIDLE: tcp(256, 4, INT, "Seconds of silence before the peer is asked"),
  TCP_KEEPINTVL: tcp(512, 5, INT, "Seconds between questions"),
  TCP_KEEPCNT: tcp(1024, 6, INT, "Questions without answer before the connection is dead"),
  TCP_CORK: tcp(null, 3, SWITCH, "Wait until a segment is full"),
  TCP_SYNCNT: tcp(null, 7, INT, "How often connect asks again"),
  TCP_DEFER_ACCEPT: tcp(null, 9, INT, "Seconds that accept waits for the first data"),
  TCP_USER_TIMEOUT: tcp(null, 18, INT, "Milliseconds that sent data may go without an answer"),
  TCP_FASTOPEN: tcp(null, 23, INT, "How many connections may wait that begin with data"),
  TCP_NOTSENT_LOWAT: tcp(null, 25, INT, "The socket takes more once fewer octets wait to be sent"),
  IP_TOS: ip(3, 1, OCTET, "The type of service: DSCP and ECN"),
  IP_TTL: ip(4, 2, OCTET, "How many hops a packet may make"),
  IP_MULTICAST_IF: ip(9, 32, IPV4, "The interface that multicast goes out by, by its address"),
  IP_MULTICAST_TTL: ip(10, 33, OCTET, "How many hops multicast may make"),
  IP_MULTICAST_LOOP: ip(11, 34, SWITCH, "This host hears its own multicast"),
  IP_ADD_MEMBERSHIP: ip(12, 35, MEMBERSHIP, "Join a group"),
  IP_DROP_MEMBERSHIP: ip(13, 36, MEMBERSHIP, "Leave a group"),
  IP_BINDANY: ip(24, null, SWITCH, "Bind to addresses of others"),
  IP_MINTTL: ip(66, 21, OCTET, "Packets with a smaller TTL are not taken"),
  IP_DONTFRAG: ip(67, null, SWITCH, "Never cut a datagram into fragments"),
  IP_MTU_DISCOVER: ip(null, 10, INT, "0 may cut into fragments, 2 never does, 1 as the route says"),
  IP_FREEBIND: ip(null, 15, SWITCH, "Bind to an address that does not exist yet"),
  IPV6_UNICAST_HOPS: ip6(4, 16, INT, "How many hops a packet may make"),
  IPV6_MULTICAST_IF: ip6(9, 17, INT, "The interface that multicast goes out by, by its number"),
  IPV6_MULTICAST_HOPS: ip6(10, 18, INT, "How many hops multicast may make"),
  IPV6_MULTICAST_LOOP: ip6(11, 19, SWITCH, "This host hears its own multicast"),
  IPV6_JOIN_GROUP: ip6(12, 20, MEMBERSHIP6, "Join a group"),
  IPV6_LEAVE_GROUP: ip6(13, 21, MEMBERSHIP6, "Leave a group"),
  IPV6_V6ONLY: ip6(27, 26, SWITCH, "A wildcard takes no IPv4"),
  IPV6_TCLASS: ip6(61, 67, OCTET, "The traffic class: DSCP and ECN"),
  IPV6_DONTFRAG: ip6(62, 62, SWITCH, "Never cut a datagram into fragments"),
};

/** The name of the option that a system numbers so, or null for one we do not know. */
export function optionNamed(system: NumberingSystem, numbers: OptionNumbers): string | null {
  const found = Object.entries(OPTIONS).find(([, fact]) => {
    return fact[system]?.level === numbers.level && fact[system]?.name === numbers.name;
  });
  return found?.[0] ?? null;
}

type Numbers = number | null;
type Make = (freebsd: Numbers, linux: Numbers, kind: ValueKind, summary: string) => OptionFact;

function socket(...[freebsd, linux, kind, summary]: Parameters<Make>): OptionFact {
  const levels = { freebsd: SOL_SOCKET, linux: LINUX_SOL_SOCKET };
  return fact(levels, { freebsd, linux }, { ...kind, summary, appliesTo: () => true });
}

function tcp(...[freebsd, linux, kind, summary]: Parameters<Make>): OptionFact {
  const levels = { freebsd: IPPROTO_TCP, linux: IPPROTO_TCP };
  const appliesTo = ({ family, type }: Endpoint): boolean => type === "stream" && family !== "local";
  return fact(levels, { freebsd, linux }, { ...kind, summary, appliesTo });
}

function ip(...[freebsd, linux, kind, summary]: Parameters<Make>): OptionFact {
  const levels = { freebsd: IPPROTO_IP, linux: IPPROTO_IP };
  return fact(levels, { freebsd, linux }, { ...kind, summary, appliesTo: ({ family }) => family === "inet" });
}

function ip6(...[freebsd, linux, kind, summary]: Parameters<Make>): OptionFact {
  const levels = { freebsd: IPPROTO_IPV6, linux: IPPROTO_IPV6 };
  return fact(levels, { freebsd, linux }, { ...kind, summary, appliesTo: ({ family }) => family === "inet6" });
}

function fact(
  levels: Readonly<Record<NumberingSystem, number>>,
  names: Readonly<Record<NumberingSystem, Numbers>>,
  rest: ValueKind & Pick<OptionFact, "summary" | "appliesTo">,
): OptionFact {
  const numbers = (system: NumberingSystem): OptionNumbers | null => {
    const name = names[system];
    return name === null ? null : { level: levels[system], name };
  };
  return {
    isSwitch: false,
    readOnly: false,
    perGroup: false,
    ...rest,
    freebsd: numbers("freebsd"),
    linux: numbers("linux"),
  };
}
