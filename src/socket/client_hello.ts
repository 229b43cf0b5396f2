/**
 * Reads a TLS ClientHello from the first bytes of a stream without a part in the handshake (RFC 8446 4.1.2 and 5.1,
 * RFC 6066 3, RFC 7301 3.1): to choose a certificate, or a target, by name or protocol.
 *
 * It is called with all bytes that have come so far, and again when more have come. It never throws.
 *
 * @module
 */

/** The offers of a client. */
export interface ClientHello {
  /** In lower case, without a trailing dot; null if none was sent, or an IP address. */
  readonly serverName: string | null;
  /** The application protocols, as bytes in latin1. */
  readonly alpn: readonly string[];
  /** Its length in the stream, in bytes, with the headers of its records. */
  readonly length: number;
}

/** Why the bytes are not a ClientHello. */
export type HelloRefusal = "not-tls" | "sslv2" | "too-long" | "malformed" | "bad-name";

/** The result. */
export type HelloResult =
  /** `atLeast`: with fewer bytes the result is the same. */
  | { readonly kind: "more"; readonly atLeast: number }
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "refused"; readonly reason: HelloRefusal };

/** The largest ClientHello that is read, in bytes. Real ones have about 2 KiB, with key shares and ECH. */
export const MAX_HELLO_BYTES: number = 16 * 1024 + 512;

const HANDSHAKE = 22, CLIENT_HELLO = 1, MAJOR_VERSION = 3;
const MAX_RECORD_BYTES = 1 << 14;
const RECORD_HEADER = 5, MESSAGE_HEADER = 4;
/** Version and random, before the vectors. */
const FIXED_BYTES = 2 + 32;
const SERVER_NAME = 0, ALPN = 16;
const HOST_NAME = 0;

/** Reads the ClientHello that `bytes` begin with. */
export function readClientHello(bytes: Uint8Array): HelloResult {
  const [first] = bytes;
  if (first === undefined) return { kind: "more", atLeast: 1 };
  if (first !== HANDSHAKE) {
    // SSLv2: two bytes of length with the high bit set, then the type of the message.
    return refused((first & 0x80) !== 0 && bytes[2] === CLIENT_HELLO ? "sslv2" : "not-tls");
  }
  const found = joinRecords(bytes);
  return found instanceof Uint8Array ? parseMessage(found.subarray(0, messageBytes(found)), found.length) : found;
}

/** Joins the records of the first handshake message: it may be divided anywhere (RFC 8446 5.1). */
function joinRecords(bytes: Uint8Array): Uint8Array | HelloResult {
  const message = new Uint8Array(Math.min(bytes.length, MAX_HELLO_BYTES + MAX_RECORD_BYTES));
  let length = 0;
  for (let at = 0;;) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return refused("malformed");
    if (at + 1 < bytes.length && bytes[at + 1] !== MAJOR_VERSION) return refused(at === 0 ? "not-tls" : "malformed");
    if (at + RECORD_HEADER > bytes.length) return more(bytes, bytes.length + 1);
    const size = uint16(bytes, at + 3);
    // Empty ones are forbidden, and would make it endless.
    if (size === 0 || size > MAX_RECORD_BYTES) return refused("malformed");
    const part = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + size);
    if (length + part.length > message.length) return refused("too-long");
    message.set(part, length);
    length += part.length;
    if (length > 0 && message[0] !== CLIENT_HELLO) return refused("malformed");
    const messageLength = length < MESSAGE_HEADER ? Infinity : messageBytes(message);
    if (messageLength !== Infinity && messageLength > MAX_HELLO_BYTES) return refused("too-long");
    if (length >= messageLength) return message.subarray(0, length);
    if (part.length < size) {
      const missing = (messageLength === Infinity ? MESSAGE_HEADER : messageLength) - length;
      return more(bytes, bytes.length + Math.min(size - part.length, missing));
    }
    at += RECORD_HEADER + size;
  }
}

function messageBytes(message: Uint8Array): number {
  return MESSAGE_HEADER + ((message[1] ?? 0) << 16 | uint16(message, 2));
}

/** A reader; `ok` becomes false after a read beyond the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  ok = true;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  skip(count: number): void {
    if (count > this.left) this.ok = false;
    else this.#at += count;
  }

  number(size: 1 | 2): number {
    const at = this.#at;
    this.skip(size);
    if (!this.ok) return 0;
    return size === 1 ? this.#bytes[at] ?? 0 : uint16(this.#bytes, at);
  }

  /** A vector: its length, then that many bytes. */
  vector(size: 1 | 2): Reader {
    const length = this.number(size);
    const at = this.#at;
    this.skip(length);
    return this.ok ? new Reader(this.#bytes, at, at + length) : new Reader(this.#bytes, 0, 0);
  }

  remaining(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }
}

function parseMessage(message: Uint8Array, length: number): HelloResult {
  const reader = new Reader(message, MESSAGE_HEADER);
  reader.skip(FIXED_BYTES);
  // The session, the ciphers, the compression methods.
  for (const size of [1, 2, 1] as const) reader.vector(size);
  if (!reader.ok) return refused("malformed");
  let serverName: string | null = null;
  let alpn: readonly string[] = [];
  // Before TLS 1.3 it may have no extensions.
  if (reader.left > 0) {
    const extensions = reader.vector(2);
    const seen = new Set<number>();
    while (extensions.ok && extensions.left > 0) {
      const type = extensions.number(2);
      const body = extensions.vector(2);
      if (!extensions.ok || seen.has(type)) return refused("malformed");
      seen.add(type);
      if (type === SERVER_NAME) {
        const name = readServerName(body);
        if (name === "malformed" || name === "bad-name") return refused(name);
        serverName = name?.name ?? null;
      } else if (type === ALPN) {
        const names = readProtocols(body);
        if (names === null) return refused("malformed");
        alpn = names;
      }
    }
    if (!extensions.ok || !reader.ok || reader.left > 0) return refused("malformed");
  }
  return { kind: "hello", hello: { serverName, alpn, length } };
}

/** The name; null if there is none. */
function readServerName(body: Reader): { readonly name: string } | null | "malformed" | "bad-name" {
  const list = body.vector(2);
  if (!body.ok || body.left > 0 || list.left === 0) return "malformed";
  let found: { readonly name: string } | null = null;
  while (list.left > 0) {
    const type = list.number(1);
    const value = list.vector(2);
    if (!list.ok || (type === HOST_NAME && found !== null)) return "malformed";
    // An IP address is not permitted, but sent: it is no name.
    if (type !== HOST_NAME || isAddress(value.remaining())) continue;
    const name = hostName(value.remaining());
    if (name === null) return "bad-name";
    found = { name };
  }
  return found;
}

/** Only letters, digits, `-`, `_` and dots: nothing else reaches a log. */
function hostName(bytes: Uint8Array): string | null {
  const text = new TextDecoder("latin1").decode(bytes).toLowerCase().replace(/\.$/, "");
  if (text.length > 253 || !/^[a-z0-9_.-]+$/.test(text)) return null;
  return text.split(".").every((label) => label !== "" && label.length <= 63) ? text : null;
}

function isAddress(bytes: Uint8Array): boolean {
  const [DOT, COLON, ZERO, NINE] = [0x2e, 0x3a, 0x30, 0x39];
  if (bytes.length === 0) return false;
  return bytes.includes(COLON) || bytes.every((byte) => byte === DOT || (byte >= ZERO && byte <= NINE));
}

function readProtocols(body: Reader): readonly string[] | null {
  const list = body.vector(2);
  if (!body.ok || body.left > 0 || list.left === 0) return null;
  const names: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (!list.ok || name.left === 0) return null;
    // Any bytes, such as GREASE.
    names.push(new TextDecoder("latin1").decode(name.remaining()));
  }
  return names;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

function more(bytes: Uint8Array, atLeast: number): HelloResult {
  // A record with one byte of data has six bytes.
  return bytes.length > 6 * MAX_HELLO_BYTES ? refused("too-long") : { kind: "more", atLeast };
}

function refused(reason: HelloRefusal): HelloResult {
  return { kind: "refused", reason };
}
