/**
 * Suggestions for an invalid address or hook: the notation of this project for that of other tools.
 *
 * @module
 */

import { parseIpv6 } from "./ip.ts";

/** Prefixes that name a protocol in other tools, and have no meaning here. */
const SCHEME = /^(?:tcp|udp|https?|tls|ssl|inet)[46]?(?:-[a-z]+)?(?:\/\/|:\/\/|[:/])/i;
const LOCAL = /^(?:unix|local|file|ipc)(?:-[a-z]+)?[:/]*"?((?:\.{0,2}\/|@)[^"]*)"?$/i;
const PATH = /^"?((?:\.{0,2}\/|@)[^"\s]*)"?$/;

/**
 * A suggestion for an invalid address; null if there is none.
 *
 * @param options `names`: host names are allowed
 */
export function addressAdvice(text: string, { names }: { readonly names: boolean }): string | null {
  const path = (LOCAL.exec(text) ?? PATH.exec(text))?.[1];
  if (path !== undefined) return `write local/"${path.replace(/^\/{2,}/, "/")}"`;
  const bare = text.replace(SCHEME, "");
  const address = ipAdvice(bare.replace(/\/(tcp|udp)$/, "").replace(/(?<=:[0-9]+)\/.*$/, ""), names);
  const named = bare === text || /^inet/i.test(text) ? "" : ": the hook says whether it is TCP or UDP";
  if (address !== null) return `write ${address}${named}`;
  return named === "" ? null : `write inet/HOST:PORT${named}`;
}

function ipAdvice(text: string, names: boolean): string | null {
  const port = /^\*?:?([0-9]+)$/.exec(text)?.[1];
  if (port !== undefined) return `${text === port ? "inet/127.0.0.1" : "inet/0.0.0.0"}:${port}`;
  const inet = /^([0-9]+(?:\.[0-9]+){3})(?:[:/]([0-9]+))?$/.exec(text);
  if (inet !== null) return `inet/${inet[1]}${inet[2] === undefined ? "" : `:${inet[2]}`}`;
  const bracketed = /^\[([0-9a-f:.%\w]*:[0-9a-f:.%\w]*)\](:[0-9]+)?$/i.exec(text);
  if (bracketed !== null) return `inet6/[${bracketed[1]}]${bracketed[2] ?? ""}`;
  if (/^[0-9a-f.]*:[0-9a-f.:]*:[0-9a-f.:]*$/i.test(text)) return inet6Advice(text);
  const [, host, named] = /^([A-Za-z0-9_.-]+):([0-9]+)$/.exec(text) ?? [];
  if (host === undefined) return null;
  if (names) return `inet/${text}, or inet6/${text}`;
  return host === "localhost" ? `inet/127.0.0.1:${named}` : `an address of this machine, such as inet/0.0.0.0:${named}`;
}

function isIpv6(text: string): boolean {
  try {
    parseIpv6(text);
    return true;
  } catch {
    // It only decides what to suggest.
    return false;
  }
}

/** The last group of an address without brackets is often meant as a port. */
function inet6Advice(text: string): string {
  const [, host, port] = /^(.*[0-9a-f:]):([1-9][0-9]{1,4})$/i.exec(text) ?? [];
  if (host === undefined || !isIpv6(host)) return `inet6/[${text}]`;
  return `inet6/[${host}]:${port}, or inet6/[${text}] if the address ends with ${port}`;
}

/** Protocols by their names in other tools, and the type of their sockets. */
const PROTOCOLS: Readonly<Record<string, "stream" | "dgram" | "raw">> = {
  tcp: "stream",
  http: "stream",
  https: "stream",
  tls: "stream",
  udp: "dgram",
  icmp: "raw",
};
const TYPE_WORDS: Readonly<Record<string, "stream" | "dgram" | "raw">> = {
  stream: "stream",
  dgram: "dgram",
  datagram: "dgram",
  raw: "raw",
};

/** A suggestion for an invalid hook; null if there is none. */
export function hookAdvice(text: string): string | null {
  const words = text.toLowerCase().split(/[/:. -]+/);
  const bare = words.map((word) => word.replace(/(?<=[a-z])[46]$/, ""));
  const protocol = bare.find((word) => Object.hasOwn(PROTOCOLS, word));
  const said = bare.find((word) => Object.hasOwn(TYPE_WORDS, word));
  const address = /[0-9]+\.[0-9]+\.|:[0-9]+$|[:/]\/|:\/|\[/.test(text) ? ", and the address in bind or connect" : "";
  if (/^(unix|local|ipc|file)$/.test(bare[0] ?? "")) {
    return `write local/${said === undefined ? "stream" : TYPE_WORDS[said]}/0${address}`;
  }
  if (protocol === undefined && said === undefined) return null;
  const family = words.some((word) => /^[a-z]+6$/.test(word)) ? "inet6" : "inet";
  const type = protocol === undefined ? TYPE_WORDS[said ?? ""] : PROTOCOLS[protocol];
  const name = type === "raw" ? "icmp" : type === "dgram" ? "udp" : "tcp";
  return `write ${family}/${type}/${name}${address}`;
}
