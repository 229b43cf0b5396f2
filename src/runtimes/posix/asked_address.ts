/**
 * The own addresses to which datagrams of a wildcard socket were sent (IP_PKTINFO, IPV6_PKTINFO): a client accepts an
 * answer only from the address to which it sent.
 *
 * ```text
 * inet   length:64  level:32  type:32  interface:32  source:32   destination:32
 * inet6  length:64  level:32  type:32  destination:128           interface:32
 * ```
 *
 * For an IPv4 datagram the system reports the source for the answer beside the destination, which may be a group; for
 * an IPv6 one only the destination.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";
import { formatIpv4, formatIpv6, isMapped, parseIpv4, parseIpv6 } from "../../socket/ip.ts";
import { Inet6Sources } from "./inet6_sources.ts";
import type { System } from "./system.ts";

/** The number of own addresses in the cache: hosts have a few, but a whole prefix may be routed to one. */
const MAX_ASKED = 64;

/** An own address, and the sources that sent to it. */
export interface AskedAddress {
  /** Its text; null for a group, which cannot be a source. */
  readonly text: string | null;
  /** IPv4 sources by address and port. */
  readonly sources: Map<number, SocketAddress>;
  readonly inet6Sources: Inet6Sources;
}

interface Known extends AskedAddress {
  /** The control message from its level on. */
  readonly words: Uint32Array;
}

/** The sources of a socket that is bound to one address. */
export function notAsked(): AskedAddress {
  return { text: null, sources: new Map(), inet6Sources: new Inet6Sources() };
}

/** Caches own addresses by the octets of the system, so that a repeated one allocates nothing. */
export class AskedAddresses {
  readonly #system: System;
  readonly #nowhere: AskedAddress = notAsked();
  #known: Known[] = [];
  #last: Known | null = null;

  constructor(system: System) {
    this.#system = system;
  }

  /** The address in the control message at word `at`; -1 if there is none. */
  find(words: Uint32Array, at: number): AskedAddress {
    if (at < 0) return this.#nowhere;
    if (this.#last !== null && isAt(this.#last.words, words, at + LEVEL)) return this.#last;
    const { IPPROTO_IP, IP_PKTINFO, IPPROTO_IPV6, IPV6_PKTINFO } = this.#system.constants;
    const [level, type] = [words[at + LEVEL], words[at + LEVEL + 1]];
    const isInet = level === IPPROTO_IP && type === IP_PKTINFO;
    // Another control message, for an option that the user set, precedes it.
    if (!isInet && (level !== IPPROTO_IPV6 || type !== IPV6_PKTINFO)) return this.#nowhere;
    this.#last = this.#known.find((known) => isAt(known.words, words, at + LEVEL)) ?? null;
    const count = isInet ? INET_WORDS : INET6_WORDS;
    return this.#last ??= this.#add(words.slice(at + LEVEL, at + LEVEL + count), isInet);
  }

  #add(words: Uint32Array, isInet: boolean): Known {
    if (this.#known.length === MAX_ASKED) this.#known = [];
    const known = { ...notAsked(), words, text: isInet ? inetText(words) : inet6Text(words) };
    this.#known.push(known);
    return known;
  }
}

/**
 * The control message that sends an answer from an own address.
 *
 * @param asked as in {@linkcode AskedAddress.text}
 * @param options.isInet true if the answer is sent to an address of family inet
 */
export function packSource(asked: string, { isInet, system }: { isInet: boolean; system: System }): Uint8Array {
  const { IPPROTO_IP, IP_PKTINFO, IPPROTO_IPV6, IPV6_PKTINFO } = system.constants;
  const infoWords = isInet ? INET_INFO_WORDS : INET6_INFO_WORDS;
  // The next field is aligned to 8 octets.
  const words = new Uint32Array(DATA + infoWords + 1);
  const octets = new Uint8Array(words.buffer);
  words[0] = 4 * (DATA + infoWords);
  words[LEVEL] = isInet ? IPPROTO_IP : IPPROTO_IPV6;
  words[LEVEL + 1] = isInet ? IP_PKTINFO : IPV6_PKTINFO;
  if (isInet) {
    octets.set(parseIpv4(asked), 4 * (DATA + 1));
    return octets;
  }
  const [host = "", zone = "0"] = asked.split("%");
  octets.set(parseIpv6(host), 4 * DATA);
  words[DATA + 4] = Number(zone);
  return octets;
}

/** In words of 32 bits: the position of the level, the position and length of the data, and the length to compare. */
const LEVEL = 2;
const DATA = 4;
const INET_INFO_WORDS = 3;
const INET6_INFO_WORDS = 5;
const INET_WORDS = 2 + INET_INFO_WORDS;
const INET6_WORDS = 2 + INET6_INFO_WORDS;

function isAt(own: Uint32Array, words: Uint32Array, first: number): boolean {
  for (let index = 0; index < own.length; index++) if (own[index] !== words[first + index]) return false;
  return true;
}

function inetText(words: Uint32Array): string {
  return formatIpv4(octetsOf(words).subarray(12, 16));
}

function inet6Text(words: Uint32Array): string | null {
  const address = octetsOf(words).subarray(8, 24);
  const [first = 0, second = 0] = address;
  // 224.0.0.0/4, and 255.255.255.255.
  if (isMapped(address)) return (address[12] ?? 0) >= 224 ? null : formatIpv6(address);
  if (first === 0xff) return null;
  const isLinkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return isLinkLocal ? `${formatIpv6(address)}%${words[6] ?? 0}` : formatIpv6(address);
}

function octetsOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
