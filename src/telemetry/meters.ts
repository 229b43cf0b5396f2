/**
 * The engine's own counts for its metrics, beside those of nodes: changes, and drift.
 *
 * @module
 */

import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import { CountedNames } from "./counted.ts";
import { logFamilies, processFamilies, type ProcessUsage, statusFamilies } from "./metrics.ts";
import { type Family, formatOpenMetrics, Histogram } from "./openmetrics.ts";

/** From a topology of few nodes to one of a hundred thousand, in seconds. */
const RECONCILE_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30] as const;

/** Counts of one topology; they stay after its removal, as counters must. */
interface Counts {
  readonly results: Map<string, number>;
  readonly durations: Histogram;
  drifts: number;
  drifting: boolean;
}

/** Counts events of the loop. */
export class EngineMeters {
  readonly #byTopology = new Map<string, Counts>();
  readonly #counted = new CountedNames();

  /** Records an event. */
  take(event: EngineEvent): void {
    if (event.kind === "drift-reverted") return this.#reverted(event.topology);
    if (event.kind !== "applied") return;
    const { results, durations } = this.#countsOf(event.topology);
    results.set(event.result, (results.get(event.result) ?? 0) + 1);
    durations.observe(event.ms / 1_000);
  }

  /**
   * Records the state of topologies: one that starts to differ from the desired state has drifted. Ignored while the
   * graph is lost, because there is nothing to compare.
   */
  update({ topologies }: Status): void {
    for (const topology of topologies) {
      const { name, drift } = topology;
      this.#counted.note(topology);
      const counts = this.#countsOf(name);
      if (drift !== null && !counts.drifting) counts.drifts++;
      counts.drifting = drift !== null;
    }
  }

  /** Drift that was reverted immediately is counted here, unless a status had shown it before. */
  #reverted(topology: string): void {
    const counts = this.#countsOf(topology);
    if (!counts.drifting) counts.drifts++;
    counts.drifting = false;
  }

  /** All metrics of a status, in the text format of OpenMetrics. */
  text(
    status: Status,
    { usage, logDropped }: {
      readonly usage?: ProcessUsage | undefined;
      /** The connections that are missing in the access log; absent without one. */
      readonly logDropped?: number | undefined;
    } = {},
  ): string {
    return formatOpenMetrics([
      ...statusFamilies(status, this.#counted.collect(status)),
      ...this.#families(),
      ...logDropped === undefined ? [] : logFamilies(logDropped),
      ...usage === undefined ? [] : processFamilies(usage),
    ]);
  }

  #families(): readonly Family[] {
    const all = [...this.#byTopology];
    const results = all.flatMap(([topology, counts]) =>
      [...counts.results].map(([result, value]) => ({ labels: { topology, result }, value }))
    );
    return [
      { name: "sockgraph_reconciles", type: "counter", help: "Completed changes", samples: results },
      {
        name: "sockgraph_reconcile_duration_seconds",
        type: "histogram",
        help: "Duration of changes",
        samples: all.map(([topology, { durations }]) => ({ labels: { topology }, histogram: durations })),
      },
      {
        name: "sockgraph_drift",
        type: "counter",
        help: "Times that the observed state started to differ from the desired state",
        samples: all.map(([topology, { drifts }]) => ({ labels: { topology }, value: drifts })),
      },
    ];
  }

  #countsOf(topology: string): Counts {
    const known = this.#byTopology.get(topology);
    if (known !== undefined) return known;
    const counts = { results: new Map(), durations: new Histogram(RECONCILE_BOUNDS), drifts: 0, drifting: false };
    this.#byTopology.set(topology, counts);
    return counts;
  }
}
