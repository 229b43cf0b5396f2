/**
 * `reconcile`: reads the followed source first, if there is one; retries a failed generation, reverts manual changes of
 * unchanged topologies and retries immediately.
 *
 * @module
 */

import type { ReconcileRequest } from "../../api/operations/topology.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import { type Changes, queueFor } from "../changes.ts";
import type { Followers } from "./followers.ts";

/** The parts that it needs. */
export interface ReconcileParts {
  readonly followers: Pick<Followers, "read" | "followerOf">;
  readonly changes: Pick<Changes, "one" | "waitAndReport">;
  readonly reconciler: Pick<Reconciler, "reconcile" | "generation" | "sources" | "desired">;
}

/** Reads, then reconciles. */
export async function reconcileNow(
  { name, waitMs }: ReconcileRequest,
  emit: (event: ApplyEvent) => void,
  { followers, changes, reconciler }: ReconcileParts,
): Promise<ApplyOutcome> {
  const outcomes = await followers.read(name, {
    waitMs,
    reapply: [name],
    emit: (event) => isReported(event) && emit(event),
  });
  const changed = outcomes?.find(({ topology }) => topology === name);
  if (changed !== undefined && changed.result !== "unchanged") return changed;
  if (reconciler.generation(name) === 0) {
    throw new NetgraphError("ENOENT", `Topology "${name}" is not running, and its source cannot be used`);
  }
  if (reconciler.sources.isOrphaned(name)) emit({ kind: "noticed", result: "left", text: orphanText(name) });
  const unread = followers.followerOf(name) === null ? unreadText(name, reconciler) : null;
  if (unread !== null) emit({ kind: "noticed", result: "unread", text: unread });
  const outcome = await changes.one(name, emit, (callbacks) => {
    return reconciler.reconcile(name, { ...callbacks, ...queueFor(waitMs) });
  });
  const settled = await changes.waitAndReport(outcome, emit, { timeoutMs: waitMs });
  // Not earlier: a Stalled topology is not awaited. Its source stays as it is.
  followers.followerOf(name)?.showDeparture(name);
  return settled;
}

/** Says that a source is not read; null for a topology that has none. */
function unreadText(name: string, { desired }: Pick<Reconciler, "desired">): string | null {
  const source = desired.find(({ state }) => state.name === name)?.source;
  if (source === undefined || source.location === "") return null;
  const { location } = source;
  return `Source "${location}" is not followed, so it was not read again: "sockgraph apply" reads it once, "sockgraph apply --watch" follows it`;
}

function orphanText(name: string): string {
  return `"${name}" is no longer in its source: the last applied generation keeps running, and "sockgraph down ${name}" stops it`;
}

/** That there was nothing to do is reported by the next step. */
function isReported(event: ApplyEvent): boolean {
  return event.kind !== "noticed" || event.result !== "nothing";
}
