/**
 * The input of an apply, from any reader.
 *
 * @module
 */

import type { PlannedRemoval, RequestedTopology } from "../../../api/operations/apply.ts";
import type { LoadedTopologies } from "../../../sources/load.ts";

/** The input of an apply: the content of sources, or a saved plan. */
export interface ToApply extends Omit<LoadedTopologies, "topologies"> {
  readonly topologies: readonly RequestedTopology[];
  /** The topologies that a saved plan removes. */
  readonly removals?: readonly PlannedRemoval[];
  /** The locations that the sources cover. */
  readonly origins: readonly string[];
}
