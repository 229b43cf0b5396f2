/**
 * What clients change, for the terminal of the engine, which would otherwise show nothing of it.
 *
 * @module
 */

import type { ApplyOutcome } from "../api/apply_event.ts";

/** A client has changed something. */
export interface ClientChange {
  /** Tells it from other events. */
  readonly kind: "client-change";
  /** Which topology. */
  readonly topology: string;
  /** What was done, in one line. */
  readonly text: string;
}

/** Reports what clients change, when it has come to its end. */
export class ClientReport {
  readonly #report: (change: ClientChange) => void;

  constructor(report: (change: ClientChange) => void) {
    this.#report = report;
  }

  /** Reports a change of a topology. */
  changed(topology: string, what: string): void {
    this.#report({ kind: "client-change", topology, text: `${topology}: ${what} by a client` });
  }

  /** Reports how changes of several topologies went. */
  outcomes(verb: string, outcomes: readonly ApplyOutcome[]): void {
    for (const { topology, result, generation, message } of outcomes) {
      if (result === "unchanged") continue;
      if (result === "applied") this.changed(topology, `generation ${generation} ${verb}`);
      else this.#report({ kind: "client-change", topology, text: `${topology}: a client's change failed: ${message}` });
    }
  }
}
