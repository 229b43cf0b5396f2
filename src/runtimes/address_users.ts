/**
 * Which processes have an address, so that "address is already in use" can say by whom.
 *
 * @module
 */

/** An address that a socket binds; a claim of the graph is one. */
export interface BoundAddress {
  /** `tcp`, `udp`, `local`. */
  readonly space: string;
  /** The host; null is every host. */
  readonly host: string | null;
  /** The family of hosts; absent for every host of both. */
  readonly family?: "inet" | "inet6";
  /** The port or path. */
  readonly place: string;
}

/** A process that has an address. */
export interface AddressUser {
  /** Null where only its user is known: other users' processes are not shown to everybody. */
  readonly pid: number | null;
  /** The program's name. */
  readonly name: string | null;
  /** Null where the system does not tell. */
  readonly uid: number | null;
}

/** Asks the system who has an address. */
export interface AddressUsers {
  /**
   * The processes that listen or are bound at addresses.
   *
   * @param options.programs true to ask by `cat` and `ls` where the host hides `/proc` from this program
   * @returns those of each address, in order; none where the system does not tell
   */
  find(
    addresses: readonly BoundAddress[],
    options: { readonly programs: boolean },
  ): Promise<readonly (readonly AddressUser[])[]>;
}

/** `pid 412 (nginx)`, `a process of user 33`. */
export function formatUser({ pid, name, uid }: AddressUser): string {
  if (pid !== null) return name === null ? `pid ${pid}` : `pid ${pid} (${name})`;
  return uid === null ? "another process" : `a process of user ${uid}`;
}

/** True when a socket that is bound to `used` keeps another one from `wanted`. */
export function addressesClash(used: BoundAddress, wanted: BoundAddress): boolean {
  if (used.space !== wanted.space || used.place !== wanted.place) return false;
  if (used.family !== undefined && wanted.family !== undefined && used.family !== wanted.family) return false;
  return used.host === null || wanted.host === null || used.host === wanted.host;
}
