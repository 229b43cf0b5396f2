/**
 * Socket options by their C names: numbers on FreeBSD and Linux, the type of their value, and the sockets that have
 * them.
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

/** The numbers of an option on one system. */
export interface OptionNumbers {
  /** The protocol of the option, or SOL_SOCKET. */
  readonly level: number;
  /** The option within its level. */
  readonly name: number;
}

/** The facts of an option. */
export interface OptionFact {
  /** One line of description. */
  readonly summary: string;
  /** Null if FreeBSD has no such option. */
  readonly freebsd: OptionNumbers | null;
  /** Null if Linux has no such option. */
  readonly linux: OptionNumbers | null;
  /** Parses, prints and packs its value. */
  readonly value: AsciiType<OptionValue>;
  /** The length of the value in binary, in octets. */
  readonly octets: number;
  /** True if a system returns 0 or any other number for off and on. */
  readonly isSwitch: boolean;
  /** True if the option can only be read. */
  readonly readOnly: boolean;
  /** True if several can be set at the same time, one per group. */
  readonly perGroup: boolean;
  /** True when sockets of this kind have the option. */
  appliesTo(endpoint: Endpoint): boolean;
}

const SOL_SOCKET = 0xffff;
const LINUX_SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;

/** The options with a name here. Each has its numbers on FreeBSD and on Linux, null if there is none. */
export const OPTIONS: Readonly<Record<string, OptionFact>> = {
  SO_ACCEPTCONN: socket(0x2, 30, ASKED, "1 while the socket listens"),
  SO_REUSEADDR: socket(0x4, 2, SWITCH, "Allow bind while connections of an earlier listener still exist"),
  SO_KEEPALIVE: socket(0x8, 9, SWITCH, "Send keepalive probes on an idle connection"),
  SO_DONTROUTE: socket(0x10, 5, SWITCH, "Send only to hosts on directly connected networks"),
  SO_BROADCAST: socket(0x20, 6, SWITCH, "Allow sending to broadcast addresses"),
  SO_LINGER: socket(0x80, 13, LINGER, "How close treats unsent data; onoff=1 linger=0 resets the connection"),
  SO_OOBINLINE: socket(0x100, 10, SWITCH, "Receive urgent data in the normal data stream"),
  SO_REUSEPORT: socket(0x200, 15, SWITCH, "Allow several sockets to bind one address; Linux distributes connections"),
  SO_REUSEPORT_LB: socket(
    0x10000,
    null,
    SWITCH,
    "Allow several sockets to bind one address, and distribute connections",
  ),
  SO_TIMESTAMP: socket(0x400, 29, SWITCH, "Record the receive time of datagrams"),
  SO_SNDBUF: socket(0x1001, 7, INT, "Size of the send buffer; the system may use more"),
  SO_RCVBUF: socket(0x1002, 8, INT, "Size of the receive buffer; the system may use more"),
  SO_RCVLOWAT: socket(0x1004, 18, INT, "Minimum number of received bytes before the socket is readable"),
  SO_SNDTIMEO: socket(0x1005, 21, TIME, "Timeout of a blocking send"),
  SO_RCVTIMEO: socket(0x1006, 20, TIME, "Timeout of a blocking receive"),
  SO_ERROR: socket(0x1007, 4, ASKED, "The pending errno of the socket; reading clears it"),
  SO_TYPE: socket(0x1008, 3, ASKED, "1 for stream, 2 for dgram, 3 for raw, 5 for seqpacket"),
  SO_SETFIB: socket(0x1014, null, INT, "The routing table"),
  SO_PROTOCOL: socket(0x1016, 38, ASKED, "The protocol's number"),
  SO_MAX_PACING_RATE: socket(0x1018, 47, INT, "Maximum number of bytes per second"),
  SO_PRIORITY: socket(null, 12, INT, "Priority of sent packets"),
  SO_MARK: socket(null, 36, INT, "A mark for routing and packet filters; needs CAP_NET_ADMIN"),
  TCP_NODELAY: tcp(1, 1, SWITCH, "Send small writes immediately"),
  TCP_MAXSEG: tcp(2, 2, INT, "Maximum segment size"),
  TCP_NOPUSH: tcp(4, null, SWITCH, "Send only full segments"),
  TCP_KEEPIDLE: tcp(256, 4, INT, "Idle seconds before the first keepalive probe"),
  TCP_KEEPINTVL: tcp(512, 5, INT, "Seconds between keepalive probes"),
  TCP_KEEPCNT: tcp(1024, 6, INT, "Keepalive probes without a reply before the connection is closed"),
  TCP_CORK: tcp(null, 3, SWITCH, "Send only full segments"),
  TCP_SYNCNT: tcp(null, 7, INT, "Number of SYN retransmissions of connect"),
  TCP_DEFER_ACCEPT: tcp(null, 9, INT, "Seconds for which accept waits for the first data"),
  TCP_USER_TIMEOUT: tcp(null, 18, INT, "Milliseconds for which sent data may remain unacknowledged"),
  TCP_FASTOPEN: tcp(null, 23, INT, "Maximum number of pending TCP Fast Open connections"),
  TCP_NOTSENT_LOWAT: tcp(null, 25, INT, "The socket is writable if fewer bytes are unsent"),
  IP_TOS: ip(3, 1, OCTET, "The type of service: DSCP and ECN"),
  IP_TTL: ip(4, 2, OCTET, "Hop limit of packets"),
  IP_MULTICAST_IF: ip(9, 32, IPV4, "The interface for outgoing multicast, by its address"),
  IP_MULTICAST_TTL: ip(10, 33, OCTET, "Hop limit of multicast packets"),
  IP_MULTICAST_LOOP: ip(11, 34, SWITCH, "Receive multicast that this host sends"),
  IP_ADD_MEMBERSHIP: ip(12, 35, MEMBERSHIP, "Join a multicast group"),
  IP_DROP_MEMBERSHIP: ip(13, 36, MEMBERSHIP, "Leave a multicast group"),
  IP_BINDANY: ip(24, null, SWITCH, "Allow bind to addresses of other hosts"),
  IP_MINTTL: ip(66, 21, OCTET, "Drop packets with a smaller TTL"),
  IP_DONTFRAG: ip(67, null, SWITCH, "Do not fragment datagrams"),
  IP_MTU_DISCOVER: ip(null, 10, INT, "Path MTU discovery: 0 allows fragmentation, 2 does not, 1 depends on the route"),
  IP_FREEBIND: ip(null, 15, SWITCH, "Allow bind to an address that does not exist yet"),
  IPV6_UNICAST_HOPS: ip6(4, 16, INT, "Hop limit of packets"),
  IPV6_MULTICAST_IF: ip6(9, 17, INT, "The interface for outgoing multicast, by its index"),
  IPV6_MULTICAST_HOPS: ip6(10, 18, INT, "Hop limit of multicast packets"),
  IPV6_MULTICAST_LOOP: ip6(11, 19, SWITCH, "Receive multicast that this host sends"),
  IPV6_JOIN_GROUP: ip6(12, 20, MEMBERSHIP6, "Join a multicast group"),
  IPV6_LEAVE_GROUP: ip6(13, 21, MEMBERSHIP6, "Leave a multicast group"),
  IPV6_V6ONLY: ip6(27, 26, SWITCH, "A wildcard address does not include IPv4"),
  IPV6_TCLASS: ip6(61, 67, OCTET, "The traffic class: DSCP and ECN"),
  IPV6_DONTFRAG: ip6(62, 62, SWITCH, "Do not fragment datagrams"),
};

/** The name of the option with a system's number, or null for an unknown one. */
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

/** Options that Linux has for datagrams only, although their level suggests more. */
const DGRAM_ONLY =
  /^(IP_MULTICAST_(IF|TTL)|IP_(ADD|DROP)_MEMBERSHIP|IPV6_(JOIN|LEAVE)_GROUP|IPV6_MULTICAST_(IF|HOPS))$/;

/** True if Linux has option `name` for sockets of `endpoint`. */
export function linuxHasOption(endpoint: Endpoint, name: string): boolean {
  const fact = OPTIONS[name];
  if (fact === undefined || fact.linux === null || !fact.appliesTo(endpoint)) return false;
  if (name === "SO_REUSEPORT" && endpoint.family === "local") return false;
  return endpoint.type !== "stream" || !DGRAM_ONLY.test(name);
}
