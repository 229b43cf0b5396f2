/**
 * What a node needs for itself alone, so that two nodes which want the same are told before any socket opens, and a
 * plan can release before it takes.
 *
 * @module
 */

/** A claim on an address. */
export interface Claim {
  /** Where addresses are counted: `tcp`, `udp`, `local`. */
  readonly space: string;
  /** The host within the space; null is every host (a wildcard). */
  readonly host: string | null;
  /** The family of hosts that is meant, where the same port of another family is another place; absent: all of them. */
  readonly family?: "inet" | "inet6";
  /** The port or path; null for a port that the system chooses, which nobody knows before it has. */
  readonly place: string | null;
  /** True when others that share may have it too (SO_REUSEPORT). */
  readonly shared: boolean;
  /** The peer that a connected datagram socket takes from, which tells it from others on the same address. */
  readonly peer: string | null;
  /** The address in ASCII form, for people. */
  readonly text: string;
}

/** A claim on a place that is known. */
export type NamedClaim = Claim & { readonly place: string };

/** True when it is known what is claimed. */
export function isNamed(claim: Claim): claim is NamedClaim {
  return claim.place !== null;
}

/** True when the system would refuse one of the two. */
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
  /** The host; null for one that means this machine by any of its addresses. */
  readonly host: string | null;
  /** The family of the host; absent where the space has none. */
  readonly family?: "inet" | "inet6";
  /** The port or path. */
  readonly place: string;
  /** True for what is connected to anew for each connection that is accepted, false for a connection of the node itself. */
  readonly each: boolean;
  /** The index of the message that names it. */
  readonly messageIndex: number;
  /** The address in ASCII form, for people. */
  readonly text: string;
}

/**
 * True when what connects to the target arrives at the node that has the claim.
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
