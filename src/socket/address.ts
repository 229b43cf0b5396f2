/**
 * Socket addresses as data. Hosts are in canonical text, so that equal addresses are equal data.
 *
 * @module
 */

/**
 * A literal address: what bind takes, and what a system answers.
 *
 * Of the source of a datagram that came to the wildcard, `asked` is the own address that it was sent to, where the runtime
 * can tell: an answer leaves from it. It is not part of the address's text.
 */
export type SocketAddress =
  | { readonly family: "inet"; readonly host: string; readonly port: number; readonly asked?: string }
  | {
    readonly family: "inet6";
    readonly host: string;
    readonly port: number;
    readonly zone: string | null;
    readonly asked?: string;
  }
  /** An empty path is a socket without name. */
  | { readonly family: "local"; readonly path: string }
  /** A family without text form: FreeBSD's number, and what stands behind it in the sockaddr. */
  | { readonly family: "generic"; readonly number: number; readonly data: Uint8Array };

/** A host name that is looked up at every connect. */
export interface NameAddress {
  /** Tells it from literal addresses. */
  readonly family: "name";
  /** The family that is looked up. */
  readonly of: "inet" | "inet6";
  /** The host name, in small letters. */
  readonly name: string;
  /** The port, 0 where none was given. */
  readonly port: number;
}

/** What connect takes. */
export type ConnectAddress = SocketAddress | NameAddress;

/** True for the address that stands for all of a host's. */
export function isWildcard(address: SocketAddress): boolean {
  return (address.family === "inet" && address.host === "0.0.0.0") ||
    (address.family === "inet6" && address.host === "::");
}
