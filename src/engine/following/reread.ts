/**
 * The status after sources that are not followed were read again (SIGHUP): their topologies continue to run, and their
 * status shows the problem, as for followed sources.
 *
 * @module
 */

import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";
import { covers } from "../../sources/origin.ts";

/**
 * Records the result of reading sources again in the status of their topologies.
 *
 * @param found the names of the topologies that were applied from them now, or the problem
 */
export function recordReread(
  origins: readonly string[],
  found: readonly string[] | StallCause,
  reconciler: Pick<Reconciler, "desired" | "sources">,
): void {
  for (const { state: { name }, source } of reconciler.desired) {
    if (source.kind === "library" || !covers(origins, source.location)) continue;
    if ("reason" in found) reconciler.sources.setStallCause(name, found);
    else if (!found.includes(name)) reconciler.sources.setOrphaned(name);
  }
}
