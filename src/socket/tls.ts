/**
 * TLS of a socket as data: what it is configured to, and what came of it.
 *
 * @module
 */

/** The library that TLS needs. */
export const LIBSSL = {
  name: "libssl.so.3",
  product: "OpenSSL 3",
  /** The instruction if it is missing. */
  hint: 'install package "libssl3" (Debian, Ubuntu, Alpine) or "openssl-libs" (Fedora, RHEL)',
} as const;

/** A certificate and its private key, by path. */
export interface TlsPair {
  /** The certificate, and behind it those that issued it, as PEM. */
  readonly cert: string;
  /** The private key, as PEM. */
  readonly key: string;
}

/** The checks of the peer, on the side of a client. */
export type TlsVerify = "full" | "ca" | "none";

/** The requirement of a client certificate. */
export type TlsVerifyClient = "none" | "request" | "require";

/** The TLS versions that can be set as the minimum. */
export type TlsVersion = "1.2" | "1.3";

/** The configuration of a TLS socket. Files are given by path, so that no key passes through a message. */
export interface TlsOptions {
  /** The path of the certificate, and behind it those that issued it, as PEM. */
  readonly cert?: string;
  /** The path of the private key, as PEM. */
  readonly key?: string;
  /** More pairs; the server name that the client sends selects one. */
  readonly certs?: readonly TlsPair[];
  /** The certificates that are trusted: a path, or `system`. */
  readonly ca?: string;
  /** The requirement of a client certificate; `none` without it. */
  readonly verifyClient?: TlsVerifyClient;
  /** The checks of the server by a client; `full` without it. */
  readonly verify?: TlsVerify;
  /** The name that the server's certificate must have, and that is sent as SNI. */
  readonly serverName?: string;
  /** The application protocols, the preferred one first. */
  readonly alpn?: readonly string[];
  /** The oldest version that is accepted; 1.2 without it. */
  readonly minVersion?: TlsVersion;
  /** How long a handshake may take, in milliseconds. */
  readonly handshakeTimeout?: number;
}

/** How long a handshake may take unless it is configured, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How long before a certificate expires its socket is no longer as it should be, in milliseconds. */
export const EXPIRES_SOON_MS: number = 7 * 24 * 3_600_000;

/** A certificate that a socket shows. */
export interface TlsCertificate {
  /** The path of the file. */
  readonly path: string;
  /** Until when it is valid, in milliseconds since 1970. */
  readonly notAfter: number;
}

/** The state of the TLS of a socket. */
export interface TlsState {
  /** The certificates that it sends; empty for a client without a certificate. */
  readonly certificates: readonly TlsCertificate[];
  /** Why the current files are not used, and since when; null if they are used. */
  readonly failure: { readonly message: string; readonly since: Date; readonly count: number } | null;
  /** Notes for operators, such as a key that others may read. */
  readonly notes: readonly string[];
}

/** The result of a handshake. */
export interface TlsSessionInfo {
  /** Such as `TLSv1.3`. */
  readonly version: string;
  /** The name that OpenSSL has for it. */
  readonly cipher: string;
  /** The application protocol; null if none was negotiated. */
  readonly alpn: string | null;
  /** The server name that the client sent; null if it sent none. */
  readonly serverName: string | null;
}
