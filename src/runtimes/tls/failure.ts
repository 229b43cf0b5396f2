/**
 * Descriptions of TLS failures.
 *
 * @module
 */

import type { X509Certificate } from "node:crypto";
import { isNull } from "./ffi.ts";
import { type Libssl, reasonOfCode, textOfCode } from "./libssl.ts";
import type { VerifyFailure } from "./session.ts";
import { readCertificate } from "./x509.ts";

/** The facts about a session that has failed. */
export interface Failed {
  readonly errors: readonly number[];
  readonly verifyFailure: VerifyFailure | null;
  /** The first bytes that the peer sent. */
  readonly firstBytes: Uint8Array;
  /** The name that the server's certificate must have; null: any. */
  readonly checkedName: string | null;
  readonly alpn: readonly string[];
  readonly minVersion: string;
}

/** The certificate of the peer, as its messages show it. */
interface Shown {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly from: Date;
  readonly to: Date;
}

const X509_NOT_YET_VALID = 9, X509_EXPIRED = 10;
const X509_WRONG_NAME: ReadonlySet<number> = new Set([62, 64]);
/** No trusted issuer was found, or the certificate is its own issuer. */
const X509_UNKNOWN_CA: ReadonlySet<number> = new Set([2, 18, 19, 20, 21]);

const CERTIFICATE_VERIFY_FAILED = 134;
const NO_PEER_CERTIFICATE: ReadonlySet<number> = new Set([199, 1116]);
const NO_COMMON_VERSION: ReadonlySet<number> = new Set([191, 258, 396, 1070]);
const NO_COMMON_CIPHER: ReadonlySet<number> = new Set([193, 1071]);
const NO_COMMON_ALPN: ReadonlySet<number> = new Set([235, 1120]);
const ALERTS = 1000;

/** The alerts by which a peer refuses, by their numbers (RFC 8446, section 6). */
const ALERT_TEXTS: ReadonlyMap<number, string> = new Map([
  [40, "The peer refused the handshake: there are no common parameters, or it requires a certificate"],
  [42, "The peer refused the certificate: it is not valid"],
  [43, "The peer refused the certificate: it does not support the type of the certificate"],
  [44, "The peer refused the certificate: it was revoked"],
  [45, "The peer refused the certificate: it has expired"],
  [46, "The peer refused the certificate"],
  [48, "The peer refused the certificate: it does not know the CA"],
  [49, "The peer refused access"],
  [112, "The peer does not know the server name"],
]);

/** The first bytes of records of TLS. */
const HANDSHAKE = 0x16, ALERT = 0x15;

/** The first bytes of other protocols. */
const OTHER_PROTOCOLS: readonly (readonly [RegExp, string])[] = [
  [/^(HTTP\/|(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) |PRI \* HTTP)/, "HTTP"],
  // The response of servers that parse the handshake as a request of HTTP/0.9.
  [/^<(!DOCTYPE|html)/i, "HTTP"],
  [/^SSH-/, "SSH"],
  [/^PROXY (TCP|UNKNOWN)|^\r\n\r\n\0\r\nQUIT/, "a header of the PROXY protocol"],
  [/^220[ -]/, "SMTP or FTP"],
  [/^(\+OK|-ERR)/, "POP3 or Redis"],
  [/^\* OK/, "IMAP"],
];

/** Describes why a session has failed. */
export function describeFailure(ssl: Libssl, failed: Failed): string {
  const notTls = describeOther(failed.firstBytes);
  if (notTls !== null) return notTls;
  const reasons = failed.errors.map(reasonOfCode);
  const has = (set: ReadonlySet<number>): boolean => reasons.some((reason) => set.has(reason));
  if (failed.verifyFailure !== null && reasons.includes(CERTIFICATE_VERIFY_FAILED)) {
    return describeCertificate(ssl, failed.verifyFailure, failed);
  }
  if (has(NO_PEER_CERTIFICATE)) {
    return reasons.includes(199) ? "The peer sent no certificate" : "The peer requires a certificate: set cert and key";
  }
  if (has(NO_COMMON_VERSION)) {
    return `No common TLS version: this side supports ${failed.minVersion} ${
      failed.minVersion === "1.3" ? "only" : "and later"
    }`;
  }
  if (has(NO_COMMON_ALPN)) {
    const own = failed.alpn.length === 0 ? "none" : failed.alpn.join(", ");
    return `No common application protocol (ALPN): this side supports ${own}`;
  }
  if (has(NO_COMMON_CIPHER)) return "No common cipher";
  const alert = reasons.find((reason) => reason > ALERTS && ALERT_TEXTS.has(reason - ALERTS));
  if (alert !== undefined) return ALERT_TEXTS.get(alert - ALERTS) ?? "";
  const [code] = failed.errors;
  return code === undefined ? "TLS handshake failed: unknown error" : `TLS failed: ${textOfCode(ssl, code)}`;
}

/** Names the protocol of a peer that does not use TLS; null if it may use TLS. */
function describeOther(bytes: Uint8Array): string | null {
  const [first] = bytes;
  if (first === undefined || ((first === HANDSHAKE || first === ALERT) && (bytes[1] ?? 3) === 3)) return null;
  const text = new TextDecoder("latin1").decode(bytes);
  const other = OTHER_PROTOCOLS.find(([pattern]) => pattern.test(text))?.[1];
  if (other !== undefined) return `The peer does not speak TLS: the peer sent ${other}`;
  const shown = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `The peer does not speak TLS: it sent ${shown}`;
}

function describeCertificate(ssl: Libssl, { code, depth, certificate }: VerifyFailure, failed: Failed): string {
  const shown = certificate === null ? null : showCertificate(certificate);
  if (shown === null) return `The certificate of the peer is not accepted: ${verifyText(ssl, code)}`;
  const what = depth === 0 ? `Certificate of ${shown.subject}` : `CA certificate of ${shown.subject}`;
  if (code === X509_EXPIRED) return `${what} expired on ${day(shown.to)}`;
  if (code === X509_NOT_YET_VALID) return `${what} is not valid before ${day(shown.from)}`;
  if (X509_WRONG_NAME.has(code)) {
    const names = shown.names.length === 0 ? "no name" : shown.names.join(", ");
    return `Certificate is for ${names}, and not for ${failed.checkedName ?? "the server"}`;
  }
  if (X509_UNKNOWN_CA.has(code)) {
    return shown.issuer === shown.subject
      ? `${what} is self-signed, and is not a trusted CA`
      : `${what} is signed by an unknown CA: ${shown.issuer}`;
  }
  return `${what} is not accepted: ${verifyText(ssl, code)}`;
}

function verifyText(ssl: Libssl, code: number): string {
  const text = ssl.X509_verify_cert_error_string(code);
  return isNull(text) ? `error ${code}` : ssl.ffi.textAt(text);
}

function showCertificate(der: Uint8Array): Shown | null {
  try {
    const certificate = readCertificate(der);
    return {
      subject: nameOf(certificate.subject),
      issuer: nameOf(certificate.issuer),
      names: namesOf(certificate),
      from: new Date(certificate.validFrom),
      to: new Date(certificate.validTo),
    };
  } catch {
    // A certificate that cannot be read is described by its error alone.
    return null;
  }
}

/** The names of a certificate; its common name if it has no others. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const listed = [...(certificate.subjectAltName ?? "").matchAll(/(?:DNS|IP Address):"?([^",\s]+)/g)];
  const names = listed.map(([, name]) => name).filter((name) => name !== undefined);
  if (names.length > 0) return names;
  const common = /(?:^|\n)CN=([^\n]+)/.exec(certificate.subject ?? "")?.[1];
  return common === undefined ? [] : [common];
}

/** The common name in quotes, or the whole name if there is none. */
function nameOf(distinguished: string | undefined): string {
  const text = distinguished ?? "";
  const common = /(?:^|\n)CN=([^\n]+)/.exec(text)?.[1];
  return `"${common ?? text.replaceAll("\n", ", ")}"`;
}

function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? "an unknown date" : date.toISOString().slice(0, 10);
}
