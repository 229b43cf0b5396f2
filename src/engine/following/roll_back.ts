/**
 * `rollback` of a topology whose source may be followed: the content of the source is not applied again automatically.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import type { RollbackRequest } from "../../api/operations/topology.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { HistoryEntry } from "../../reconcile/loop/topology.ts";
import { describeConflict } from "../../reconcile/plan/plan_conflicts.ts";
import { type Changes, queueFor } from "../changes.ts";
import { type Departure, unfollowedCause } from "./failures.ts";
import type { Follower } from "./follower.ts";
import type { Followers } from "./followers.ts";

/** The parts that it needs. */
export interface RollbackParts {
  readonly followers: Pick<Followers, "followerOf">;
  readonly changes: Pick<Changes, "one" | "waitAndReport" | "emitSuspended">;
  readonly reconciler: Pick<Reconciler, "rollback" | "sources" | "generation" | "names" | "planner" | "remembered">;
}

/**
 * Rolls back to an earlier generation, under a new number.
 *
 * @throws NetgraphError EADDRINUSE if another topology has an address of that generation now: nothing was changed
 */
export async function rollBack(
  { name, generation, waitMs }: RollbackRequest,
  emit: (event: ApplyEvent) => void,
  { followers, changes, reconciler }: RollbackParts,
): Promise<ApplyOutcome> {
  await requireAddresses(name, reconciler.remembered(name, generation), reconciler);
  changes.emitSuspended(name, emit);
  const outcome = await changes.one(name, emit, (callbacks) => {
    return reconciler.rollback(name, generation, { ...callbacks, ...queueFor(waitMs) });
  });
  const follower = followers.followerOf(name);
  // The running state is as it was, or as the failure left it.
  if (outcome.result === "failed" || outcome.result === "rolled-back") {
    return await changes.waitAndReport(outcome, emit, { timeoutMs: waitMs });
  }
  follower?.noteDeparture(name, "rollback");
  const settled = await changes.waitAndReport(outcome, emit, { timeoutMs: waitMs });
  // Not earlier: a Stalled topology is not awaited.
  showDeparture(name, "rollback", { follower, reconciler });
  return settled;
}

/** Checked first: a failed rollback may close connections. */
async function requireAddresses(
  name: string,
  { generation, state }: HistoryEntry,
  { planner }: Pick<Reconciler, "planner">,
): Promise<void> {
  const drafts = await planner.planTogether([{ state }], { pinned: false });
  const conflicts = await planner.conflicts(drafts.map(({ plan }) => plan), new Map([[name, state]]));
  const [conflict] = conflicts.get(name) ?? [];
  if (conflict === undefined) return;
  const why = `${describeConflict(name, conflict)}; nothing was changed`;
  throw new NetgraphError("EADDRINUSE", `Cannot roll back "${name}" to generation ${generation}: ${why}`);
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
  reconciler.sources.depart(name, unfollowedCause(how, reconciler.generation(name)));
}
