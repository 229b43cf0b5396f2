/**
 * The last outcomes of work that nodes do outside of the graph, such as running a program. An outcome that is a fault
 * counts until the next success, and for a minute at most.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { Fault } from "../data/fault.ts";

/** A failure that does not recur within this time expires. */
const FAILURE_EXPIRES_MS = 60_000;

/** The failure of one operation. */
export type WorkFailure = Pick<Fault, "reason" | "code" | "message">;

interface Failed {
  readonly fault: Fault;
  readonly at: number;
}

/** The outcomes of one node, or of its copies by their template's node. */
export class Outcomes {
  readonly #clock: Clock;
  readonly #failed = new Map<string, Failed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Records an outcome; null is a success.
   *
   * @param origin the template's node; empty for the node itself
   * @returns true if that begins or ends a fault
   */
  set(origin: string, outcome: WorkFailure | null): boolean {
    const known = this.#known(origin);
    if (outcome === null) return this.#failed.delete(origin);
    const message = origin === "" ? outcome.message : `${origin}: ${outcome.message}`;
    const { count, since } = known?.fault ?? { count: 0, since: this.#clock.wall().toISOString() };
    const fault: Fault = { ...outcome, message, count: count + 1, since, serving: true };
    this.#failed.set(origin, { fault, at: this.#clock.now() });
    return known === null;
  }

  /** The current faults. */
  faults(): readonly Fault[] {
    return [...this.#failed.keys()].flatMap((origin) => this.#known(origin)?.fault ?? []);
  }

  #known(origin: string): Failed | null {
    const known = this.#failed.get(origin);
    if (known === undefined) return null;
    if (this.#clock.now() - known.at < FAILURE_EXPIRES_MS) return known;
    this.#failed.delete(origin);
    return null;
  }
}
