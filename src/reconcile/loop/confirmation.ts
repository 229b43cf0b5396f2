/**
 * A generation that is rolled back unless it is confirmed.
 *
 * @module
 */

import type { DesiredState } from "./desired_state.ts";

/** An unconfirmed generation. */
export interface Confirmation {
  /** The time of the rollback. */
  readonly until: Date;
  /** The last confirmed state; null: nothing ran. */
  readonly previous: DesiredState | null;
  /** True if the change removes the topology: confirmation removes it permanently. */
  readonly removes: boolean;
  /** The topologies of the same change, which are rolled back together. */
  readonly group: symbol;
}
