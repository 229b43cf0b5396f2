/**
 * Failures of a listener's destinations that concern no address: a message to a connection fails, its hook is taken, or
 * its node or template is missing. Each destination has its own: a connection of one rule of `route` shows nothing about
 * another rule.
 *
 * @module
 */

import type { ErrorCode, NetgraphError } from "../../../errors.ts";
import { type Destination, parsePeer } from "../destination.ts";
import { addFailure, failureAt, type FailureRow, isSetupFailure } from "../outcomes.ts";
import { ExpiringFailure } from "./expiring_failure.ts";

/** A failure that does not recur within this time expires. */
const FAILURE_EXPIRES_MS = 60_000;

/** The environment of the failures of one listener. */
export interface DestinationFailuresHost {
  /** The time on the clock, and of day. */
  readonly clock: { now(): number; wall(): Date };
  /** True if the topology has a node of that name. */
  hasNode(name: string): boolean;
  /** The number of open connections of a destination. */
  openOf(destination: Destination): number;
}

/** The failures of one destination. */
class FailuresOfDestination {
  /** Text before each message: the rule, where there are several destinations. */
  readonly prefix: string;
  readonly setup = new ExpiringFailure(FAILURE_EXPIRES_MS);
  /** Before an address was known. */
  readonly missing = new ExpiringFailure(FAILURE_EXPIRES_MS);
  /** The number of connections when one could not be joined because another one has the hook; 0 if none was. */
  hookTakenWith = 0;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  get isFailing(): boolean {
    return this.setup.row !== null || this.missing.row !== null;
  }

  clear(): void {
    this.setup.clear();
    this.missing.clear();
    this.hookTakenWith = 0;
  }
}

/** The failures of the destinations of one listener. */
export class DestinationFailures {
  readonly #host: DestinationFailuresHost;
  #rows: ReadonlyMap<Destination, FailuresOfDestination> = new Map();

  constructor(host: DestinationFailuresHost) {
    this.#host = host;
  }

  /** Sets the destinations, each with its name for operators, or none; nothing is known about them. */
  set(destinations: readonly (readonly [Destination, string | null])[]): void {
    this.#rows = new Map(
      destinations.map(([one, name]) => [one, new FailuresOfDestination(name === null ? "" : `Rule ${name}: `)]),
    );
  }

  /** Copies of a template are created in another way from now on. */
  templateChanged(name: string): void {
    for (const [{ template }, rows] of this.#rows) if (template === name) rows.clear();
  }

  /** A connection was joined; false if nothing is known to fail. */
  joined(destination: Destination): boolean {
    const rows = this.#rows.get(destination);
    if (rows === undefined || !rows.isFailing) return false;
    rows.clear();
    return true;
  }

  /**
   * A connection could not be joined.
   *
   * @returns how long that counts, in milliseconds; null if it concerns an address
   */
  failed(destination: Destination, error: NetgraphError): number | null {
    const rows = this.#rows.get(destination);
    if (rows === undefined) return null;
    const isTaken = isHookTaken(error);
    if (isTaken || isSetupFailure(error)) {
      rows.hookTakenWith = isTaken ? this.#host.openOf(destination) : 0;
      return this.#add(rows, rows.setup, error);
    }
    const { address = "" } = error.subject;
    return address === "" ? this.#add(rows, rows.missing, failureAt("", error)) : null;
  }

  #add(
    { prefix }: FailuresOfDestination,
    to: ExpiringFailure,
    { code, message }: { code: ErrorCode; message: string },
  ): number {
    const { clock } = this.#host;
    return to.set(addFailure(to.row, { code, message: `${prefix}${message}` }, clock.wall()), clock.now());
  }

  /** Connections have ended; true if that has freed a hook that others need. */
  left(): boolean {
    let hasFreed = false;
    for (const [destination, rows] of this.#rows) {
      if (rows.hookTakenWith === 0 || rows.setup.row === null) continue;
      // The connection that has the hook has ended, and not only the one that was refused because of it.
      if (this.#host.openOf(destination) >= rows.hookTakenWith - 1) continue;
      rows.setup.clear();
      rows.hookTakenWith = 0;
      hasFreed = true;
    }
    return hasFreed;
  }

  /** How long each failure still counts, in milliseconds, without those that have expired. */
  leftAt(now: number): readonly number[] {
    const all = [...this.#rows.values()].flatMap(({ setup, missing }) => [setup.leftAt(now), missing.leftAt(now)]);
    return all.filter((left) => left > 0);
  }

  /** Those of set-up, and those of missing nodes and templates; a missing node may be back. */
  failures(): { readonly setup: readonly FailureRow[]; readonly missing: readonly FailureRow[] } {
    for (const [{ peer }, rows] of this.#rows) {
      if (rows.missing.row !== null && peer !== undefined && this.#host.hasNode(parsePeer(peer).node)) {
        rows.missing.clear();
      }
    }
    const all = [...this.#rows.values()];
    return {
      setup: all.flatMap(({ setup }) => setup.row ?? []),
      missing: all.flatMap(({ missing }) => missing.row ?? []),
    };
  }

  /** True if a destination fails. */
  isFailing(destination: Destination): boolean {
    return this.#rows.get(destination)?.isFailing === true;
  }
}

/** True if a client could not be joined because another one has the hook that `accept` names, or the only one. */
function isHookTaken({ code, subject: { address } }: NetgraphError): boolean {
  return (code === "EEXIST" || code === "EISCONN") && address === undefined;
}
