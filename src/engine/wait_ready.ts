/**
 * Waiting until a topology is Ready, with a time limit.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";
import type { TopologyStatus } from "../reconcile/status/status_types.ts";

/** The limits of a wait. */
export interface WaitLimit {
  /** In milliseconds; 0 returns the current status. */
  readonly timeoutMs: number;
  /** Cancels the wait, which throws its reason. */
  readonly signal?: AbortSignal;
  /** The generation that it is about, if later changes do not matter. */
  readonly generation?: number;
}

/** The status of a topology once it is Ready or cannot become so, or its status when the time expires. */
export async function waitForReady(
  reconciler: Reconciler,
  name: string,
  { timeoutMs, signal, generation, clock }: WaitLimit & { readonly clock: Clock },
): Promise<TopologyStatus> {
  if (timeoutMs === 0) return await reconciler.status(name);
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort());
  const either = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  try {
    return await reconciler.wait(name, { signal: either, generation });
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return await reconciler.status(name);
  } finally {
    timer.cancel();
  }
}

/** Reasons that do not name what is wrong: if a change failed, that is the reason. */
const UNDECIDED: ReadonlySet<string> = new Set(["Applying", "NothingApplied"]);

/** Why a topology is not Ready; null when it is. */
export function whyNotReady({ conditions }: TopologyStatus): string | null {
  const ready = conditions.find(({ type }) => type === "Ready");
  const stalled = conditions.find(({ type }) => type === "Stalled");
  if (ready === undefined) return "Its status is not known yet";
  if (ready.status === "True") return null;
  return UNDECIDED.has(ready.reason) && stalled?.status === "True" ? stalled.message : ready.message;
}
