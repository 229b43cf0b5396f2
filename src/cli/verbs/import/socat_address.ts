/**
 * An address of socat: `TCP4-LISTEN:8080,fork,reuseaddr`.
 *
 * @module
 */

import type { Word } from "./reading.ts";

/** An option after an address. */
export interface SocatOption {
  readonly name: string;
  readonly value: string | null;
  /** The option with its place. */
  readonly word: Word;
}

/** An address as data. */
export interface SocatAddress {
  /** In capitals. */
  readonly keyword: string;
  /** The parts between colons. */
  readonly parameters: readonly string[];
  readonly options: readonly SocatOption[];
  readonly word: Word;
}

/** Splits an address. */
export function parseSocatAddress(word: Word): SocatAddress {
  const [head = "", ...rest] = word.text.split(/,(?![^[]*\])/);
  const [keyword = "", ...parameters] = head.split(/:(?![^[]*\])/);
  let start = word.span.start + head.length + 1;
  const options = rest.map((text): SocatOption => {
    const [name = "", ...value] = text.split("=");
    const span = { start, end: start + text.length };
    start = span.end + 1;
    return { name: name.toLowerCase(), value: value.length === 0 ? null : value.join("="), word: { text, span } };
  });
  return { keyword: keyword.toUpperCase(), parameters, options, word };
}

/** The kind of an address: the standard streams, or a socket. */
export type SocatKind = { readonly role: "stdio" } | SocketKind;

/** A socket's part in a relay. */
export interface SocketKind {
  readonly role: "listen" | "sessions" | "receive" | "connect" | "send";
  readonly protocol: "tcp" | "udp" | "unix";
  /** Null: the family of the host. */
  readonly family: "inet" | "inet6" | null;
}

/** The meaning of an address's keyword; null for one without a counterpart. */
export function socatKind(keyword: string): SocatKind | null {
  if (keyword === "-" || keyword === "STDIO") return { role: "stdio" };
  const [, name = "", version, action = ""] = /^(TCP|UDP|UNIX|ABSTRACT)([46])?(?:-([A-Z]+))?$/.exec(keyword) ?? [];
  const family = version === undefined ? null : version === "6" ? "inet6" : "inet";
  const protocol = ({ TCP: "tcp", UDP: "udp", UNIX: "unix", ABSTRACT: "unix" } as const)[name];
  if (protocol === undefined || (protocol === "unix" && version !== undefined)) return null;
  const roles: Readonly<Record<string, Readonly<Record<string, SocketKind["role"]>>>> = {
    tcp: { "": "connect", CONNECT: "connect", LISTEN: "listen", L: "listen" },
    udp: {
      "": "send",
      CONNECT: "send",
      DATAGRAM: "send",
      SENDTO: "send",
      RECV: "receive",
      RECVFROM: "sessions",
      LISTEN: "sessions",
      L: "sessions",
    },
    unix: { "": "connect", CONNECT: "connect", CLIENT: "connect", LISTEN: "listen", L: "listen" },
  };
  const role = roles[protocol]?.[action];
  return role === undefined ? null : { role, protocol, family };
}
