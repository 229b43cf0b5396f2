/**
 * What a topology is to be, and who says so.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import type { AppliedSource } from "../status/status_types.ts";

/** What is wanted, and where that comes from. */
export interface DesiredState {
  readonly desired: GraphState;
  readonly source: AppliedSource;
}
