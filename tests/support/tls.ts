/**
 * What most tests of TLS need: whether it can be tried here, and certificates that are made once.
 *
 * @module
 */

import { NetgraphError } from "../../src/errors.ts";
import { Context } from "../../src/runtimes/tls/context.ts";
import { type Libssl, openLibssl } from "../../src/runtimes/tls/libssl.ts";
import { Session } from "../../src/runtimes/tls/session.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import { Certificates, openssl, type Pair } from "./certificates.ts";

/** Certificates of one CA. */
export interface TlsFiles {
  readonly certificates: Certificates;
  readonly ca: Pair;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: Pair;
  readonly client: Pair;
  /** For both ends of a connection on loopback. */
  readonly both: TlsOptions;
}

/** Why TLS cannot be tried here, or null. */
export const tlsSkip: string | null = openssl.skip ?? libsslSkip();

/** The certificates; null where TLS cannot be tried. */
export const tlsFiles: TlsFiles | null = tlsSkip === null ? makeFiles() : null;

function libsslSkip(): string | null {
  try {
    prepare(openLibssl());
    return null;
  } catch (error) {
    if (error instanceof NetgraphError) return error.message;
    throw error;
  }
}

/** Has everything made that a thread has once: Deno would take it for a leak of the first test. */
function prepare(ssl: Libssl): void {
  const context = new Context(ssl, { cert: null, key: null, ca: null, alpn: ["h2"], minVersion: "1.2" });
  const options = { context: context.handle, checkedName: null, sentName: null, purpose: null };
  new Session(ssl, { ...options, side: "client", verify: "require" }).free();
  context.free();
}

function makeFiles(): TlsFiles {
  const certificates = new Certificates();
  const ca = certificates.make({ name: "Test CA" });
  const server = certificates.make({ name: "server", names: "DNS:localhost,IP:127.0.0.1,IP:::1", issuer: ca });
  const client = certificates.make({ name: "client", issuer: ca });
  return { certificates, ca, server, client, both: { ...server, ca: ca.cert, serverName: "localhost" } };
}
