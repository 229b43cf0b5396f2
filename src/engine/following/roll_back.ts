/**
 * `rollback` of a topology whose source may be followed: the content of the source is not applied again automatically.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import type { RollbackRequest } from "../../api/operations/topology.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import { type Changes, queueFor } from "../changes.ts";
import { type Departure, unfollowedTrouble } from "./failures.ts";
import type { Follower } from "./follower.ts";
import type { Followers } from "./followers.ts";

/** The parts that it needs. */
export interface RollbackParts {
  readonly followers: Pick<Followers, "followerOf">;
  readonly changes: Pick<Changes, "one" | "settle" | "emitSuspended">;
  readonly reconciler: Pick<Reconciler, "rollback" | "sources" | "generation" | "names">;
}

/** Rolls back to an earlier generation, under a new number. */
export async function rollBack(
  { name, generation, waitMs }: RollbackRequest,
  emit: (event: ApplyEvent) => void,
  { followers, changes, reconciler }: RollbackParts,
): Promise<ApplyOutcome> {
  changes.emitSuspended(name, emit);
  const outcome = await changes.one(name, emit, (callbacks) => {
    return reconciler.rollback(name, generation, { ...callbacks, ...queueFor(waitMs) });
  });
  const follower = followers.followerOf(name);
  if (outcome.result === "failed") return await changes.settle(outcome, emit, { timeoutMs: waitMs });
  follower?.noteDeparture(name, "rollback");
  const settled = await changes.settle(outcome, emit, { timeoutMs: waitMs });
  // Not earlier: a Stalled topology is not awaited.
  showDeparture(name, "rollback", { follower, reconciler });
  return settled;
}

/** Shows that a client changed a topology against its source. */
export function showDeparture(
  name: string,
  how: Departure,
  { follower, reconciler }: {
    readonly follower: Pick<Follower, "showDeparture"> | null;
    readonly reconciler: Pick<Reconciler, "sources" | "generation" | "names">;
  },
): void {
  if (follower !== null) return follower.showDeparture(name);
  if (!reconciler.names.includes(name)) return;
  reconciler.sources.depart(name, unfollowedTrouble(how, reconciler.generation(name)));
}
