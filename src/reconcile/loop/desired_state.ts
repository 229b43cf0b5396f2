/**
 * The desired state of a topology, and its source.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import type { AppliedSource } from "../status/status_types.ts";

/** The desired state and its source. */
export interface DesiredState {
  readonly desired: GraphState;
  readonly source: AppliedSource;
}
