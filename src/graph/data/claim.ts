/**
 * A resource that a node needs exclusively. Conflicts of two nodes are reported before any socket opens, and a plan
 * releases a resource before it is used again.
 *
 * @module
 */

/** A claim on an address. */
export interface Claim {
  /** The space of the address: `tcp`, `udp`, `local`. */
  readonly space: string;
  /** The host within the space; null is every host (a wildcard). */
  readonly host: string | null;
  /** The family of hosts, if the same port of another family is a different address; absent: all families. */
  readonly family?: "inet" | "inet6";
  /** The port or path; null for a port that the system chooses, which is unknown before that. */
  readonly place: string | null;
  /** True if others that share can use it too (SO_REUSEPORT). */
  readonly shared: boolean;
  /** The peer of a connected datagram socket, which distinguishes it from others on the same address. */
  readonly peer: string | null;
  /** The address in ASCII form, for output. */
  readonly text: string;
}

/** A claim on a known address. */
export type NamedClaim = Claim & { readonly place: string };

/** True if the claimed address is known. */
export function isNamed(claim: Claim): claim is NamedClaim {
  return claim.place !== null;
}

/** True when the system would reject one of the two. */
export function claimsClash(a: NamedClaim, b: NamedClaim): boolean {
  if (a.space !== b.space || a.place !== b.place) return false;
  if (a.family !== undefined && b.family !== undefined && a.family !== b.family) return false;
  if (a.host !== null && b.host !== null && a.host !== b.host) return false;
  if (a.shared && b.shared) return false;
  return a.peer === null || b.peer === null || a.peer === b.peer;
}

/** An address that a declared node connects to. */
export interface Target {
  /** As {@linkcode Claim.space}. */
  readonly space: string;
  /** The host; null for this machine by any of its addresses. */
  readonly host: string | null;
  /** The family of the host; absent if the space has none. */
  readonly family?: "inet" | "inet6";
  /** The port or path. */
  readonly place: string;
  /** True if there is a new connection for each accepted connection, false for a connection of the node itself. */
  readonly each: boolean;
  /** The index of the message that names it. */
  readonly messageIndex: number;
  /** The address in ASCII form, for output. */
  readonly text: string;
}

/**
 * True if connections to the target arrive at the node that has the claim.
 *
 * @param isOwn whether an address is one of this machine
 */
export function reaches(target: Target, claim: Claim, isOwn: (host: string) => boolean): boolean {
  if (target.space !== claim.space || target.place !== claim.place) return false;
  if (target.family !== undefined && claim.family !== undefined && target.family !== claim.family) return false;
  const { host } = target;
  return host === claim.host || host === null || (claim.host === null && (isLoopback(host) || isOwn(host)));
}

function isLoopback(host: string): boolean {
  return /^127\./.test(host) || host === "::1";
}
