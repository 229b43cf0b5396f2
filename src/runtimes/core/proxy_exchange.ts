/**
 * What a client and a proxy say before a connection is through: SOCKS version 5 (RFC 1928, RFC 1929), and CONNECT of
 * HTTP/1.1.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import { parseIpv4, parseIpv6 } from "../../socket/ip.ts";
import type { Via } from "../../socket/via.ts";
import { systemErrorCode } from "../system_error.ts";

/** The next step of an exchange. */
export type ExchangeStep =
  /** More bytes have to come. */
  | { readonly kind: "more" }
  /** So many bytes were used, and this is sent next. */
  | { readonly kind: "send"; readonly used: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The tunnel is open: the data after these bytes comes from the target. */
  | { readonly kind: "done"; readonly used: number }
  | { readonly kind: "failed"; readonly error: NetgraphError };

/** One exchange. */
export interface ProxyExchange {
  /** The first bytes to send. */
  readonly first: Uint8Array<ArrayBuffer>;
  /** Takes all bytes that were not used yet. */
  take(bytes: Uint8Array<ArrayBuffer>): ExchangeStep;
}

const MORE: ExchangeStep = { kind: "more" };
/** A proxy that sends more than this before the tunnel is open uses another protocol. */
const MAX_ANSWER_BYTES = 16 * 1024;

/**
 * Begins an exchange.
 *
 * @throws NetgraphError if the credentials cannot be read, or the host is too long
 */
export function beginExchange(via: Via): ProxyExchange {
  const credentials = via.credentials === null ? null : readCredentials(via.credentials);
  return via.protocol === "http" ? new HttpExchange(via, credentials) : new SocksExchange(via, credentials);
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

function readCredentials(path: string): Credentials {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    throw new NetgraphError(code, `the proxy's credentials cannot be read from "${path}": ${code}`, { cause: error });
  }
  const [, user, password] = /^([^:\r\n]{1,255}):([^\r\n]{1,255})/.exec(text) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new NetgraphError("EINVAL", `the proxy's credentials in "${path}" are not USER:PASSWORD`);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function failed(code: ErrorCode, why: string): ExchangeStep {
  return { kind: "failed", error: new NetgraphError(code, `the proxy ${why}`) };
}

// SOCKS

const [NO_AUTHENTICATION, PASSWORD] = [0, 2];

/** The replies of a proxy that refuses. */
const REPLIES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ["EIO", "has failed"],
  2: ["EACCES", "does not allow this connection"],
  3: ["ENETUNREACH", "cannot reach the target's network"],
  4: ["EHOSTUNREACH", "cannot reach the target's host, or look up its name"],
  5: ["ECONNREFUSED", "reports that the target refused the connection"],
  6: ["ETIMEDOUT", "reports that the target's time to live has expired"],
  7: ["EOPNOTSUPP", "does not support CONNECT"],
  8: ["EAFNOSUPPORT", "does not support the type of the target's address"],
};

class SocksExchange implements ProxyExchange {
  readonly first: Uint8Array<ArrayBuffer>;
  readonly #request: Uint8Array<ArrayBuffer>;
  readonly #credentials: Credentials | null;
  #state: "method" | "password" | "reply" = "method";

  constructor({ host, port }: Via, credentials: Credentials | null) {
    const address = socksAddress(host);
    this.#credentials = credentials;
    this.#request = Uint8Array.of(5, 1, 0, ...address, port >> 8, port & 0xff);
    this.first = credentials === null
      ? Uint8Array.of(5, 1, NO_AUTHENTICATION)
      : Uint8Array.of(5, 2, NO_AUTHENTICATION, PASSWORD);
  }

  take(bytes: Uint8Array<ArrayBuffer>): ExchangeStep {
    if (bytes.length < 2) return MORE;
    const [version = 0, answer = 0] = bytes;
    if (this.#state === "password") {
      if (answer !== 0) return failed("EACCES", "refuses the credentials");
      return this.#ask();
    }
    if (version !== 5) return failed("EPROTO", "does not speak SOCKS version 5");
    if (this.#state === "method") return this.#authenticate(answer);
    if (answer !== 0) {
      const [code, why] = REPLIES[answer] ?? ["EIO", "refuses the connection"];
      return failed(code, `${why} (SOCKS reply ${answer})`);
    }
    const length = replyLength(bytes);
    return length === null || bytes.length < length ? MORE : { kind: "done", used: length };
  }

  #authenticate(method: number): ExchangeStep {
    if (method === NO_AUTHENTICATION) return this.#ask();
    if (method !== PASSWORD || this.#credentials === null) {
      return failed("EACCES", "requires another authentication: set viaCredentials");
    }
    this.#state = "password";
    const [user, password] = [encode(this.#credentials.user), encode(this.#credentials.password)];
    return { kind: "send", used: 2, bytes: Uint8Array.of(1, user.length, ...user, password.length, ...password) };
  }

  #ask(): ExchangeStep {
    this.#state = "reply";
    return { kind: "send", used: 2, bytes: this.#request };
  }
}

/** The type of an address, and the address; a name is looked up by the proxy. */
function socksAddress(host: string): readonly number[] {
  if (host.includes(":")) return [4, ...parseIpv6(host)];
  if (/^[0-9.]+$/.test(host)) return [1, ...parseIpv4(host)];
  const name = encode(host);
  if (name.length > 255) throw new NetgraphError("EINVAL", `the proxy cannot look up "${host}": the name is too long`);
  return [3, name.length, ...name];
}

/** The length of a reply; null if it is not known yet. */
function replyLength(bytes: Uint8Array): number | null {
  const [type, size] = [bytes[3], bytes[4]];
  if (type === undefined) return null;
  if (type === 1) return 10;
  if (type === 4) return 22;
  return size === undefined ? null : 7 + size;
}

// HTTP

class HttpExchange implements ProxyExchange {
  readonly first: Uint8Array<ArrayBuffer>;

  constructor({ host, port }: Via, credentials: Credentials | null) {
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
    if (credentials !== null) {
      const plain = String.fromCharCode(...encode(`${credentials.user}:${credentials.password}`));
      lines.push(`Proxy-Authorization: Basic ${btoa(plain)}`);
    }
    this.first = encode(`${lines.join("\r\n")}\r\n\r\n`);
  }

  take(bytes: Uint8Array<ArrayBuffer>): ExchangeStep {
    const text = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_ANSWER_BYTES));
    const end = text.indexOf("\r\n\r\n");
    if (!"HTTP/1.".startsWith(text.slice(0, 7))) return failed("EPROTO", "does not speak HTTP");
    if (end < 0) return bytes.length >= MAX_ANSWER_BYTES ? failed("EPROTO", "sends too long a header") : MORE;
    const [line = ""] = text.split("\r\n", 1);
    const status = Number(/^HTTP\/1\.[01] ([0-9]{3})(?: |$)/.exec(line)?.[1] ?? 0);
    if (status >= 200 && status < 300) return { kind: "done", used: end + 4 };
    const shown = line.replace(/[^\x20-\x7e]/g, "?").slice(0, 100);
    return failed(HTTP_CODES[status] ?? "EIO", `replied "${shown}"`);
  }
}

const HTTP_CODES: Readonly<Record<number, ErrorCode>> = {
  401: "EACCES",
  403: "EACCES",
  405: "EACCES",
  407: "EACCES",
  500: "ECONNREFUSED",
  502: "ECONNREFUSED",
  503: "ECONNREFUSED",
  504: "ETIMEDOUT",
};
