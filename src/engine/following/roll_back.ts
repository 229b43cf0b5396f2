/**
 * `rollback` of a topology whose source may be followed: what the source says is not applied again on its own.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import type { RollbackRequest } from "../../api/operations.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import { type Changes, queueFor } from "../changes.ts";
import type { Followers } from "./followers.ts";

/** What has a part in it. */
export interface RollbackParts {
  readonly followers: Pick<Followers, "followerOf">;
  readonly changes: Pick<Changes, "one" | "settle" | "tellSuspended">;
  readonly reconciler: Pick<Reconciler, "rollback">;
}

/** Goes back to an earlier generation, under a new number. */
export async function rollBack(
  { name, generation, waitMs }: RollbackRequest,
  tell: (event: ApplyEvent) => void,
  { followers, changes, reconciler }: RollbackParts,
): Promise<ApplyOutcome> {
  changes.tellSuspended(name, tell);
  const outcome = await changes.one(name, tell, (told) => {
    return reconciler.rollback(name, generation, { ...told, ...queueFor(waitMs) });
  });
  const follower = followers.followerOf(name);
  if (outcome.result === "failed") return await changes.settle(outcome, tell, { timeoutMs: waitMs });
  follower?.noteDeparture(name, "rollback");
  const settled = await changes.settle(outcome, tell, { timeoutMs: waitMs });
  follower?.showDeparture(name); // Not before: what is Stalled is not waited for.
  return settled;
}
