/**
 * What is to be applied, wherever it was read.
 *
 * @module
 */

import type { PlannedRemoval, WantedTopology } from "../../../api/operations/apply.ts";
import type { LoadedTopologies } from "../../../sources/load.ts";

/** What is to be applied: what sources hold, or what a saved plan does. */
export interface ToApply extends Omit<LoadedTopologies, "topologies"> {
  readonly topologies: readonly WantedTopology[];
  /** What a saved plan removes. */
  readonly removals?: readonly PlannedRemoval[];
  /** The locations that the sources cover. */
  readonly origins: readonly string[];
}
