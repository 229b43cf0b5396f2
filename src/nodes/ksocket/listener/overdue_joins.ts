/**
 * Accepted connections that are being joined to their targets: one that is not joined in time means that its target does
 * not answer, although connecting to it may take longer.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { CompactingMap } from "../../../compacting_map.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Destination } from "../destination.ts";

/** An accepted connection that is being joined to its target. */
export interface Joining {
  readonly node: Node;
  /** The destination of the connection. */
  readonly destination: Destination | null;
}

/** The time after which a connection that is not joined means that its target does not answer. */
const OVERDUE_MS = 2_000;
/** Replaces its start time: its target was recorded as not answering. */
const COUNTED = -Infinity;

/** The connections of one listener that are being joined. */
export class OverdueJoins {
  readonly #clock: Clock;
  readonly #overdue: (clone: Joining, address: string) => void;
  /** The oldest first. */
  #joining = new CompactingMap<Joining, number>();
  #timer: Timer | null = null;

  /** @param overdue is called once for a connection whose target, which no pool selects, does not answer in time */
  constructor(clock: Clock, overdue: (clone: Joining, address: string) => void) {
    this.#clock = clock;
    this.#overdue = overdue;
  }

  /** Adds a connection that is being joined. */
  add(clone: Joining): void {
    this.#joining.set(clone, this.#clock.now());
    this.#timer ??= this.#clock.after(OVERDUE_MS, () => this.#check());
  }

  /**
   * A connection was joined, could not be joined, or has ended.
   *
   * @returns true if its target was recorded as not answering
   */
  remove(clone: Joining): boolean {
    if (this.#joining.size === 0) return false;
    const counted = this.#joining.get(clone) === COUNTED;
    this.#joining.delete(clone);
    return counted;
  }

  /** Checks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#joining = new CompactingMap();
  }

  #check(): void {
    this.#timer = null;
    const now = this.#clock.now();
    for (const clone of this.#joining.keys()) {
      const since = this.#joining.get(clone);
      if (since === undefined) continue; // Removed meanwhile.
      if (now - since < OVERDUE_MS) break;
      const address = since === COUNTED ? null : connectingTo(clone);
      if (address === null || address.startsWith("pool/")) continue;
      this.#joining.set(clone, COUNTED);
      this.#overdue(clone, address);
    }
    if (this.#joining.size > 0) this.#timer = this.#clock.after(OVERDUE_MS / 4, () => this.#check());
  }
}

/** The address to which a connection's copy is connecting; null if it is not connecting. */
function connectingTo({ node }: Joining): string | null {
  for (const owned of node.owned) {
    const waiting = owned.entries.find(({ command, phase }) => command === "connect" && phase === "waiting");
    if (waiting !== undefined) return waiting.argument;
  }
  return null;
}

/** The addresses to which a connection's copy has connected, without those of pools. */
export function connectedTo({ node }: Joining): readonly string[] {
  const addresses: string[] = [];
  for (const owned of node.owned) {
    for (const { command, phase, argument } of owned.entries) {
      const isConnected = command === "connect" && phase === "done" && argument !== null;
      if (isConnected && !argument.startsWith("pool/")) addresses.push(argument);
    }
  }
  return addresses;
}
