/**
 * Restores the topologies of a failed graph in the next one.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import { retryDelayMs } from "../reconcile/loop/backoff.ts";
import type { ReconcileOptions } from "../reconcile/loop/reconcile_options.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";

/** The other dependencies. */
interface RestoreOptions {
  readonly clock: Clock;
  /** A random number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Unconfirmed changes stay unconfirmed: a failure of the graph does not confirm them. */
const RETRY_OPTIONS: ReconcileOptions = { rollback: false, again: true, unconfirmed: "keep" };

/** Applies the last good generation of every topology again, each until it succeeds. Reports by the loop's events. */
export function restoreTopologies(reconciler: Reconciler, options: RestoreOptions): void {
  for (const name of reconciler.names) void restore(name, reconciler, options);
}

async function restore(name: string, reconciler: Reconciler, { clock, random, signal }: RestoreOptions): Promise<void> {
  const [last] = reconciler.history(name).slice(-1);
  if (last === undefined) return;
  for (let attempt = 0;; attempt++) {
    try {
      const { kind } = await reconciler.apply(last.state, { source: last.source, ...RETRY_OPTIONS });
      if (kind !== "failed") return;
      await sleep(clock, retryDelayMs(attempt, random()), { signal });
    } catch (error) {
      // The graph has failed again, and its next start restores; or the loop has ended.
      if (error instanceof NetgraphError || signal.aborted) return;
      throw error;
    }
    // A client has meanwhile applied another state, or removed it.
    if (!reconciler.names.includes(name) || reconciler.history(name).at(-1) !== last) return;
  }
}
