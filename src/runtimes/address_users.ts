/**
 * The processes that use an address, so that "address is already in use" can name them.
 *
 * @module
 */

/** An address that a socket binds; also an address that a topology claims. */
export interface BoundAddress {
  /** `tcp`, `udp`, `local`. */
  readonly space: string;
  /** The host; null means every host. */
  readonly host: string | null;
  /** The family of hosts; absent means every host of both. */
  readonly family?: "inet" | "inet6";
  /** The port or path. */
  readonly place: string;
}

/** A process that uses an address. */
export interface AddressUser {
  /** Null if only its user is known: a user may not see the processes of other users. */
  readonly pid: number | null;
  /** The program's name. */
  readonly name: string | null;
  /** Null if the system does not report it. */
  readonly uid: number | null;
}

/** Finds the processes that use an address. */
export interface AddressUsers {
  /**
   * The processes that listen or are bound at addresses.
   *
   * @param options.programs true to use `cat` and `ls` where the host hides `/proc` from this program
   * @returns those of each address, in order; empty if the system does not report them
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

/** True when a socket that is bound to `used` prevents another one from binding `wanted`. */
export function addressesClash(used: BoundAddress, wanted: BoundAddress): boolean {
  if (used.space !== wanted.space || used.place !== wanted.place) return false;
  if (used.family !== undefined && wanted.family !== undefined && used.family !== wanted.family) return false;
  return used.host === null || wanted.host === null || used.host === wanted.host;
}
