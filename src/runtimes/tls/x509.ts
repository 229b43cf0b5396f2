/**
 * Certificates as `node:crypto` reads them. The module is loaded when TLS is first used: most topologies have none.
 *
 * @module
 */

import type { X509Certificate } from "node:crypto";
import process from "node:process";

/** Reads a certificate, in PEM or DER form; of several the first. */
export function readCertificate(bytes: string | Uint8Array): X509Certificate {
  return new (process.getBuiltinModule("node:crypto").X509Certificate)(bytes);
}
