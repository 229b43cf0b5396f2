/**
 * What the first bytes of a connection say, as far as they have come: the ClientHello of TLS, the host of an HTTP
 * request, a prefix. Each is read only if it is requested.
 *
 * @module
 */

import { type HelloResult, readClientHello } from "../../../socket/client_hello.ts";
import { type HostReading, HttpHostReader } from "../../../socket/http_host.ts";
import type { TlsSessionInfo } from "../../../socket/tls.ts";

/** The state of a condition; `open`: more bytes are needed. */
export type Verdict = "yes" | "no" | "undecided";

/** The result of the handshake of the listener itself. */
export type Handshake = Pick<TlsSessionInfo, "serverName" | "alpn">;

const NO_BYTES = new Uint8Array(0);
const HANDSHAKE = 22, CLIENT_HELLO = 1, MAJOR_VERSION = 3;
/** The type of the first message follows the header of the first record. */
const MESSAGE_AT = 5;
const MAX_RECORD_BYTES = 1 << 14;

/** The first bytes of one connection. */
export class FirstBytes {
  /** The handshake of a listener with TLS, whose bytes are decrypted ones; null for any other. */
  readonly handshake: Handshake | null;
  #bytes: Uint8Array = NO_BYTES;
  /** True: no more bytes come, or none are waited for. */
  #isFinal = false;
  #hello: HelloResult | null = null;
  #hostReader: HttpHostReader | null = null;
  #host: HostReading | null = null;

  constructor(handshake: Handshake | null) {
    this.handshake = handshake;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** All bytes that have come so far. */
  update(bytes: Uint8Array): void {
    this.#bytes = bytes;
    const hello = this.#hello;
    if (hello?.kind === "more" && bytes.length >= hello.atLeast) this.#hello = null;
    if (this.#host?.kind === "more") this.#host = null;
  }

  /** No more bytes are waited for. */
  finish(): void {
    this.#isFinal = true;
  }

  /** The server name that a client of TLS sends. */
  serverName(matches: (name: string) => boolean): Verdict {
    if (this.handshake !== null) return of(this.handshake.serverName !== null && matches(this.handshake.serverName));
    const hello = this.hello();
    if (hello.kind !== "hello") return this.#unread(hello.kind);
    const { serverName } = hello.hello;
    return of(serverName !== null && matches(serverName));
  }

  /** The protocols that a client of TLS offers, or the one that the handshake has agreed on. */
  protocol(matches: (protocol: string) => boolean): Verdict {
    if (this.handshake !== null) return of(this.handshake.alpn !== null && matches(this.handshake.alpn));
    const hello = this.hello();
    return hello.kind === "hello" ? of(hello.hello.alpn.some(matches)) : this.#unread(hello.kind);
  }

  /** The host of the first request. */
  host(matches: (host: string) => boolean): Verdict {
    const reading = this.request();
    if (reading.kind !== "host") return this.#unread(reading.kind);
    return of(reading.host !== null && matches(reading.host));
  }

  /** Tests whether it begins with certain bytes. */
  startsWith(prefix: Uint8Array): Verdict {
    const length = Math.min(prefix.length, this.#bytes.length);
    for (let at = 0; at < length; at++) if (prefix[at] !== this.#bytes[at]) return "no";
    return length === prefix.length ? "yes" : this.#unread("more");
  }

  /** Tests whether it begins with a ClientHello of TLS, for which six bytes are sufficient. */
  isTls(wanted: boolean): Verdict {
    const found = tlsVerdict(this.#bytes);
    return found === "undecided" ? this.#unread("more") : of((found === "yes") === wanted);
  }

  /** The ClientHello, as far as it has come. */
  hello(): HelloResult {
    return this.#hello ??= readClientHello(this.#bytes);
  }

  /** The host of the first request of HTTP, as far as it has come. */
  request(): HostReading {
    this.#hostReader ??= new HttpHostReader();
    return this.#host ??= this.#hostReader.read(this.#bytes);
  }

  #unread(kind: string): Verdict {
    return kind === "more" && !this.#isFinal ? "undecided" : "no";
  }
}

function tlsVerdict(bytes: Uint8Array): Verdict {
  const [type, major, , high = 0, low = 0, message] = bytes;
  if (type === undefined) return "undecided";
  if (type !== HANDSHAKE || (major !== undefined && major !== MAJOR_VERSION)) return "no";
  if (bytes.length < MESSAGE_AT) return "undecided";
  const size = high << 8 | low;
  if (size === 0 || size > MAX_RECORD_BYTES) return "no";
  return message === undefined ? "undecided" : of(message === CLIENT_HELLO);
}

function of(holds: boolean): Verdict {
  return holds ? "yes" : "no";
}
