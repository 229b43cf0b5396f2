/**
 * `reconcile`: a person wants it now. The followed source is looked at first, where there is one; a generation that
 * failed is tried again, and what the source has not changed is made as it was wanted and tried at once.
 *
 * @module
 */

import type { ReconcileRequest } from "../../api/operations/topology.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import { type Changes, queueFor } from "../changes.ts";
import type { Followers } from "./followers.ts";

/** Who has a part in it. */
export interface ReconcileParts {
  readonly followers: Pick<Followers, "look" | "followerOf">;
  readonly changes: Pick<Changes, "one" | "settle">;
  readonly reconciler: Pick<Reconciler, "reconcile" | "generation" | "isOrphaned">;
}

/** Looks, then makes it so. */
export async function reconcileNow(
  { name, waitMs }: ReconcileRequest,
  emit: (event: ApplyEvent) => void,
  { followers, changes, reconciler }: ReconcileParts,
): Promise<ApplyOutcome> {
  const outcomes = await followers.look(name, {
    waitMs,
    reapply: [name],
    emit: (event) => isNews(event) && emit(event),
  });
  const looked = outcomes?.find(({ topology }) => topology === name);
  if (looked !== undefined && looked.result !== "unchanged") return looked;
  if (reconciler.generation(name) === 0) {
    throw new NetgraphError("ENOENT", `Nothing of "${name}" runs, and its source cannot be used`);
  }
  if (reconciler.isOrphaned(name)) emit({ kind: "noticed", result: "left", text: orphanText(name) });
  const outcome = await changes.one(name, emit, (told) => {
    return reconciler.reconcile(name, { ...told, ...queueFor(waitMs) });
  });
  const settled = await changes.settle(outcome, emit, { timeoutMs: waitMs });
  // Not before: what is Stalled is not waited for. Its source is no better for that.
  followers.followerOf(name)?.showDeparture(name);
  return settled;
}

function orphanText(name: string): string {
  return `"${name}" is no longer in its source: what was applied last is kept, and "sockgraph down ${name}" stops it`;
}

/** That a look found nothing to do is told by what comes after it. */
function isNews(event: ApplyEvent): boolean {
  return event.kind !== "noticed" || event.result !== "nothing";
}
