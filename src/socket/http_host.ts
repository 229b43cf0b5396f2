/**
 * Reads the host of the first request from the first bytes of a stream of HTTP/1 (RFC 9112 3.2 and 5). It never throws.
 *
 * @module
 */

/** The result. */
export type HostReading =
  | { readonly kind: "more" }
  /** In lower case, without a port and without a dot at the end; null if the request names none. */
  | { readonly kind: "host"; readonly host: string | null }
  | { readonly kind: "not-http" };

const MORE: HostReading = { kind: "more" };
const NOT_HTTP: HostReading = { kind: "not-http" };
const LF = 0x0a, CR = 0x0d, SPACE = 0x20, TAB = 0x09, H = 0x48, COLON = 0x3a;
/** Longer than any method that is registered. */
const MAX_METHOD = 32;
const LATIN1 = new TextDecoder("latin1");

/** Reads the host; called again with all bytes so far when more have come, it continues where it was. */
export class HttpHostReader {
  /** The beginning of the line that is not complete. */
  #line = 0;
  /** How far that line was searched for its end. */
  #searched = 0;
  /** The host of the request line, which precedes the header. */
  #host: string | null = null;

  /** Reads on. Once it has answered with something else than `more`, it must not be called again. */
  read(bytes: Uint8Array): HostReading {
    if (this.#line === 0 && !beginsWithMethod(bytes)) return NOT_HTTP;
    for (;;) {
      const end = bytes.indexOf(LF, this.#searched);
      if (end < 0) {
        this.#searched = bytes.length;
        return MORE;
      }
      const line = bytes.subarray(this.#line, bytes[end - 1] === CR && end > this.#line ? end - 1 : end);
      const reading = this.#line === 0 ? this.#readRequest(line) : this.#readField(line);
      if (reading !== null) return reading;
      this.#line = this.#searched = end + 1;
    }
  }

  #readRequest(line: Uint8Array): HostReading | null {
    const [, target] = /^\S+ (\S+) HTTP\/1\.[0-9]$/.exec(LATIN1.decode(line)) ?? [];
    if (target === undefined) return NOT_HTTP;
    const [, authority] = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(target) ?? [];
    if (authority === undefined) return null;
    this.#host = hostOf(authority);
    return { kind: "host", host: this.#host };
  }

  #readField(line: Uint8Array): HostReading | null {
    const [first = 0] = line;
    if (line.length === 0) return { kind: "host", host: null };
    // A folded line, which is obsolete, might continue a host.
    if (first === SPACE || first === TAB) return NOT_HTTP;
    if ((first & 0xdf) !== H || line.indexOf(COLON) !== 4) return line.includes(COLON) ? null : NOT_HTTP;
    const [, host] = /^host:[ \t]*(.*?)[ \t]*$/i.exec(LATIN1.decode(line)) ?? [];
    return host === undefined ? null : { kind: "host", host: hostOf(host) };
  }
}

/** True while the bytes may begin with a method: letters and signs, then a space. */
function beginsWithMethod(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length && at <= MAX_METHOD; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === SPACE) return at > 0;
    if (!isTokenByte(byte)) return false;
  }
  return bytes.length <= MAX_METHOD;
}

/** Of the signs only `-` and `_`: no other is in the name of a method. */
function isTokenByte(byte: number): boolean {
  const letter = byte & 0xdf;
  return (letter >= 0x41 && letter <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f;
}

/** The host of `host[:port]`; null if it is neither a name nor an address. */
function hostOf(authority: string): string | null {
  const [, address, name] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::[0-9]*)?$/.exec(authority) ?? [];
  return (address ?? name)?.toLowerCase().replace(/\.$/, "") ?? null;
}
