/**
 * The ownership of the topologies that an engine runs, as the client sees it before it asks for a change.
 *
 * @module
 */

import type { Status } from "../../../reconcile/status/status_types.ts";
import { checkOwnership, type OwnershipPolicy, type OwnershipReport } from "../../../sources/ownership.ts";
import type { Output } from "../../output.ts";
import { guardOf } from "./apply_work.ts";
import type { ToApply } from "./to_apply.ts";

/** The ownership errors of an apply, and the topologies that it would remove. */
export function ownershipOn(status: Status, desired: ToApply, policy: OwnershipPolicy): OwnershipReport {
  const running = status.topologies.filter(({ generation }) => generation > 0).map(({ name, source, nodes }) => {
    // Nodes of templates have a path.
    return { name, source, nodes: nodes.filter((node) => !node.name.includes("/")).length };
  });
  return checkOwnership(desired.topologies, guardOf(desired, policy), running);
}

/** Says how many topologies `--prune` leaves as they are, because they are of other sources. */
export function noteOthers(others: number, output: Output): void {
  if (others > 0) {
    output.note(others === 1 ? "1 topology of other sources stays" : `${others} topologies of other sources stay`);
  }
}
