/**
 * The used functions of `node:crypto`: reading certificates, and SHA-256. The module is loaded when TLS is first used,
 * because most topologies have no TLS.
 *
 * @module
 */

import type { X509Certificate } from "node:crypto";
import process from "node:process";

/** Reads a certificate in PEM or DER form; the first one if there are several. */
export function readCertificate(bytes: string | Uint8Array): X509Certificate {
  return new (process.getBuiltinModule("node:crypto").X509Certificate)(bytes);
}

/** The SHA-256 of a text. */
export function hashOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest());
}
