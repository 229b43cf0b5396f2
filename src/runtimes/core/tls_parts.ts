/**
 * The parts of a TLS connection: its session, and for a server the parts that depend on the server name that the client
 * sends.
 *
 * @module
 */

import { readClientHello } from "../../socket/client_hello.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Octets } from "../../socket/socket.ts";
import type { TlsOptions } from "../../socket/tls.ts";
import type { SharedContext } from "../tls/contexts.ts";
import { describeFailure } from "../tls/failure.ts";
import { Session } from "../tls/session.ts";
import type { TlsHost } from "./tls_host.ts";

/** The parts of a TLS connection. */
export interface TlsParts {
  readonly host: TlsHost;
  readonly endpoint: Endpoint;
  readonly context: SharedContext;
  readonly options: TlsOptions;
  readonly side: "server" | "client";
}

/** The session of a connection. */
export function openSession({ context, options, side }: TlsParts): Session {
  const { verify = "full", verifyClient = "none", serverName = null } = options;
  const isClient = side === "client";
  return new Session(context.ssl, {
    context: context.context.handle,
    side,
    verify: !isClient ? verifyClient : verify === "none" ? "none" : "require",
    checkedName: isClient && verify === "full" ? serverName : null,
    sentName: isClient && serverName !== null && !isIpAddress(serverName) ? serverName : null,
    purpose: isClient ? null : context.purposeFor(verifyClient, null),
  });
}

/** Why a session has failed, as text. */
export function describeSession(
  { context: { ssl }, options }: TlsParts,
  { errors, verifyFailure }: Session,
  firstBytes: Uint8Array,
): string {
  const { verify = "full", serverName = null, alpn = [], minVersion = "1.2" } = options;
  const checkedName = verify === "full" ? serverName : null;
  return describeFailure(ssl, { errors, verifyFailure, firstBytes, checkedName, alpn, minVersion });
}

/**
 * Chooses the certificate of a server, and the sessions that it resumes, by the server name that the client sends, before
 * the handshake begins.
 */
export class NameChoice {
  readonly #parts: TlsParts;
  readonly #session: Session;
  #hello: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(parts: TlsParts, session: Session) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Reads the bytes so far; false if more must arrive. A client without a valid hello gets the first certificate, and fails. */
  take({ buffer, offset, length }: Octets): boolean {
    const hello = new Uint8Array(this.#hello.length + length);
    hello.set(this.#hello);
    hello.set(buffer.bytes.subarray(offset, offset + length), this.#hello.length);
    this.#hello = hello;
    const result = readClientHello(hello);
    if (result.kind === "hello") this.#use(result.hello.serverName);
    return result.kind !== "more";
  }

  #use(serverName: string | null): void {
    const { context, options: { verifyClient = "none" } } = this.#parts;
    this.#session.useName({
      context: context.contextFor(serverName).handle,
      purpose: context.purposeFor(verifyClient, serverName),
      serverName,
    });
  }
}

function isIpAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}
