/**
 * What an engine shows of sources that it does not follow, and that were read again as it was told to (SIGHUP): what
 * came from them runs on, and its status says what is wrong with them, as for sources that are followed.
 *
 * @module
 */

import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { Trouble } from "../../reconcile/status/condition.ts";
import { covers } from "../../sources/origin.ts";

/**
 * Shows how sources were found in the status of what came from them.
 *
 * @param found the names of the topologies that were applied from them now, or why they cannot be used
 */
export function showReadAgain(
  origins: readonly string[],
  found: readonly string[] | Trouble,
  reconciler: Pick<Reconciler, "desired" | "setTrouble" | "setOrphaned">,
): void {
  for (const { state: { name }, source } of reconciler.desired) {
    if (source.kind === "library" || !covers(origins, source.location)) continue;
    if ("reason" in found) reconciler.setTrouble(name, found);
    else if (!found.includes(name)) reconciler.setOrphaned(name);
  }
}
