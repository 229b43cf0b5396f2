/**
 * Proxies through which a stream connects.
 *
 * @module
 */

import { parseHostName } from "./host_name.ts";
import { parseIpv4, parseIpv6 } from "./ip.ts";
import type { TargetAddress } from "./address.ts";

/** The protocol of a proxy: SOCKS version 5, or CONNECT of HTTP. */
export type ProxyProtocol = "socks5" | "http";

/** A proxy. */
export interface Proxy {
  readonly protocol: ProxyProtocol;
  /** Its address; a name is looked up here. */
  readonly address: TargetAddress;
}

/** The request of a stream to a proxy. */
export interface Via {
  /** The protocol of the proxy. */
  readonly protocol: ProxyProtocol;
  /** An address, or a name, which the proxy looks up. */
  readonly host: string;
  /** The port of the target. */
  readonly port: number;
  /** The path of a file with `USER:PASSWORD`; null: none. */
  readonly credentials: string | null;
}

/** `socks5://127.0.0.1:1080`, as a proxy; otherwise why it is none. */
export function parseProxy(text: string): Proxy | { readonly why: string } {
  const [, protocol, rest = ""] = /^(socks5|http):\/\/(.*?)\/?$/i.exec(text) ?? [];
  if (protocol === undefined) return { why: "expected socks5://HOST:PORT or http://HOST:PORT" };
  if (rest.includes("@")) return { why: "credentials are read from a file: set viaCredentials to its path" };
  const [, bracketed, plain, portText = ""] = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(rest) ?? [];
  const port = Number(portText);
  const address = port < 1 || port > 65_535 ? null : addressOf(bracketed, plain, port);
  if (address === null) return { why: `expected a host and a port: ${protocol.toLowerCase()}://127.0.0.1:1080` };
  return { protocol: protocol.toLowerCase() === "http" ? "http" : "socks5", address };
}

function addressOf(bracketed: string | undefined, plain: string | undefined, port: number): TargetAddress | null {
  if (bracketed !== undefined) {
    const host = canonical(() => parseIpv6(bracketed)) === null ? null : bracketed;
    return host === null ? null : { family: "inet6", host, port, zone: null };
  }
  if (plain === undefined) return null;
  if (canonical(() => parseIpv4(plain)) !== null) return { family: "inet", host: plain, port };
  const name = parseHostName(plain);
  return name === null ? null : { family: "name", of: "tcp", name, port };
}

function canonical<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null; // It is not an address.
  }
}
