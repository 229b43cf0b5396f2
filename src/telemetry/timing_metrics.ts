/**
 * Durations at nodes as metrics: the sum of the nodes' own counters in all threads.
 *
 * @module
 */

import { CONNECT_BOUNDS, CONNECTION_BOUNDS, type DurationCounts, type TimingsSnapshot } from "../graph/data/timings.ts";
import type { CountedName } from "./counted.ts";
import { bucketsOf, type Family, type HistogramSample, type Labels } from "./openmetrics.ts";

interface PlacedTimings {
  readonly labels: Labels;
  readonly timings: TimingsSnapshot;
}

/** Histograms of connecting and of connections, and durations of back-pressure. */
export function timingFamilies(counted: readonly CountedName[]): readonly Family[] {
  const all = counted.flatMap(({ labels, timings }): PlacedTimings[] => timings === null ? [] : [{ labels, timings }]);
  const backpressure = all.flatMap(({ labels, timings: { backpressureMs } }) =>
    (["in", "out"] as const).map((direction) => ({
      labels: { ...labels, direction },
      value: backpressureMs[direction] / 1_000,
    }))
  );
  return [
    {
      name: "sockgraph_connect_duration_seconds",
      type: "histogram",
      help: "Time to connect",
      samples: all.flatMap(({ labels, timings }) => sampleOf(labels, timings.connect, CONNECT_BOUNDS)),
    },
    {
      name: "sockgraph_connection_duration_seconds",
      type: "histogram",
      help: "Duration of ended connections",
      samples: all.flatMap(({ labels, timings }) => sampleOf(labels, timings.connection, CONNECTION_BOUNDS)),
    },
    {
      name: "sockgraph_backpressure_seconds",
      type: "counter",
      help: "Time under back-pressure",
      samples: backpressure,
    },
  ];
}

function sampleOf(
  labels: Labels,
  counted: DurationCounts | null,
  bounds: readonly number[],
): readonly HistogramSample[] {
  if (counted === null) return [];
  return [{ labels, histogram: { buckets: bucketsOf(bounds, counted.counts), sum: counted.sumMs / 1_000 } }];
}
