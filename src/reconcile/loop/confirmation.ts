/**
 * A generation that is undone unless somebody confirms it.
 *
 * @module
 */

import type { DesiredState } from "./desired_state.ts";

/** A generation that awaits its confirmation. */
export interface Confirmation {
  /** When it is undone. */
  readonly until: Date;
  /** What was confirmed last; null: nothing ran. */
  readonly previous: DesiredState | null;
  /** True where the change removes the topology: confirming ends it for good. */
  readonly removes: boolean;
  /** Which others it is undone with, all of one change. */
  readonly group: symbol;
}
