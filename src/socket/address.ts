/**
 * Socket addresses as data. Hosts are in canonical text, therefore equal addresses are equal data.
 *
 * @module
 */

/**
 * A literal address: accepted by bind, and reported by the system.
 *
 * In the source of a datagram that arrived at the wildcard, `asked` is the own address that it was sent to, if the
 * runtime reports it: an answer is sent from it. It is not part of the address's text.
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
  /** A family without text form: FreeBSD's number, and the rest of the sockaddr. */
  | { readonly family: "generic"; readonly number: number; readonly data: Uint8Array };

/** A host name that is looked up at every connect. */
export interface NameAddress {
  /** Distinguishes it from literal addresses. */
  readonly family: "name";
  /** The family of its addresses; `tcp` and `udp` leave it open, for streams or for datagrams. */
  readonly of: "inet" | "inet6" | "tcp" | "udp";
  /** The host name, in small letters. */
  readonly name: string;
  /** The port, 0 if none was given. */
  readonly port: number;
}

/** A pool of targets: a node of the same topology, which selects the target of each connection. */
export interface PoolAddress {
  /** Distinguishes it from network addresses. */
  readonly family: "pool";
  /** The node's name. */
  readonly name: string;
}

/** A network address, or a name for several. */
export type TargetAddress = SocketAddress | NameAddress;

/** The argument of connect. */
export type ConnectAddress = TargetAddress | PoolAddress;

/** True for the wildcard address. */
export function isWildcard(address: SocketAddress): boolean {
  return (address.family === "inet" && address.host === "0.0.0.0") ||
    (address.family === "inet6" && address.host === "::");
}
