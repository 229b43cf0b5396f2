/**
 * Status as metrics: each number is one that a node or the loop counts anyway, collected on request.
 *
 * Connections and copies are folded into their listener and their template's node as in status, therefore no label
 * contains an ID, and the number of samples depends only on the files.
 *
 * @module
 */

import { reasonOf } from "../reconcile/status/condition.ts";
import type { Health, NodeCondition, NodeStatus, Status } from "../reconcile/status/status_types.ts";
import { CONNECTION_RESULTS } from "../graph/data/counts.ts";
import type { TargetTotals } from "../graph/data/target_counts.ts";
import { isShownTarget, type TargetReport, type TargetState } from "../graph/data/target_report.ts";
import type { CountedName } from "./counted.ts";
import type { Family, Labels, Sample } from "./openmetrics.ts";
import { timingFamilies } from "./timing_metrics.ts";

/** The resources that the process uses. */
export interface ProcessUsage {
  /** Memory in bytes. */
  readonly residentBytes: number;
  /** Seconds of processor time, in user and in system mode. */
  readonly cpuSeconds: number;
}

interface PlacedNode {
  readonly labels: { readonly topology: string; readonly node: string };
  readonly node: NodeStatus;
}

/** The whole status, and all counts so far. */
export function statusFamilies(status: Status, counted: readonly CountedName[]): readonly Family[] {
  const nodes = status.topologies.flatMap(({ name: topology, nodes }) =>
    nodes.map((node): PlacedNode => ({ labels: { topology, node: node.name }, node }))
  );
  return [
    gauge("sockgraph_node_up", "1 for a node that is ready", nodes.map(upOf)),
    ...connectionFamilies(nodes, counted),
    ...targetFamilies(nodes, counted),
    ...certificateFamilies(nodes),
    ...trafficFamilies(counted),
    ...timingFamilies(counted),
    ...generationFamilies(status),
    ...conditionFamilies(status),
    ...engineFamilies(status),
  ];
}

/** The resources of the process, under the usual names. */
export function processFamilies({ residentBytes, cpuSeconds }: ProcessUsage): readonly Family[] {
  return [
    gauge("process_resident_memory_bytes", "Memory of the process", [{ labels: {}, value: residentBytes }]),
    counter("process_cpu_seconds", "Processor time of the process", [{ labels: {}, value: cpuSeconds }]),
  ];
}

/** The access log. */
export function logFamilies(dropped: number): readonly Family[] {
  const help = "Connections without a line in the access log, because it could not be written fast enough, or at all";
  return [counter("sockgraph_log_dropped", help, [{ labels: {}, value: dropped }])];
}

function upOf({ labels, node: { type, state } }: PlacedNode): Sample {
  return { labels: { ...labels, type }, value: state === "ready" ? 1 : 0 };
}

function connectionFamilies(nodes: readonly PlacedNode[], counted: readonly CountedName[]): readonly Family[] {
  const active = nodes.flatMap(({ labels, node: { connections } }) =>
    connections === null ? [] : [{ labels, value: connections.active }]
  );
  const total = counted.flatMap(({ labels, results }) =>
    CONNECTION_RESULTS.flatMap((result) => {
      const value = results[result] ?? 0;
      return isShown(results, result, labels.node) ? [{ labels: { ...labels, result }, value }] : [];
    })
  );
  const byRule = nodes.flatMap(({ labels, node: { connections } }) =>
    (connections?.byRule ?? []).map(({ rule, active }) => ({ labels: { ...labels, rule }, value: active }))
  );
  const ofRules = counted.flatMap(({ labels, rules }) =>
    Object.entries(rules).map(([rule, value]) => ({ labels: { ...labels, rule }, value }))
  );
  return [
    gauge("sockgraph_route_connections_active", "Open connections that matched a rule of route", byRule),
    counter("sockgraph_route_connections", "Connections that matched a rule of route", ofRules),
    // Not "sockgraph_connections": that is the counter's family, and OpenMetrics allows a name only once.
    gauge("sockgraph_connections_active", "Open connections", active),
    counter("sockgraph_connections", "Attempts to connect, by their one result", total),
  ];
}

/** Targets by the name that messages have for them: the number of samples follows from the files. */
function targetFamilies(nodes: readonly PlacedNode[], counted: readonly CountedName[]): readonly Family[] {
  const targets = nodes.flatMap(({ labels, node }) =>
    (node.targets ?? []).filter(isShownTarget).map((target) => ({ labels: { ...labels, target: target.name }, target }))
  );
  const samples = (valuesOf: (target: TargetTotals) => Readonly<Record<string, number>>) =>
    counted.flatMap(({ labels, targets }) =>
      Object.entries(targets).flatMap(([target, totals]) =>
        Object.entries(valuesOf(totals)).map(([result, value]) => ({ labels: { ...labels, target, result }, value }))
      )
    );
  // One that was removed is neither up nor down, although it may have connections.
  const current = targets.filter(({ target: { state } }) => state !== "removed");
  const of = (valueOf: (target: TargetReport) => number, shown = targets) =>
    shown.map(({ labels, target }) => ({ labels, value: valueOf(target) }));
  return [
    gauge("sockgraph_target_up", "1 for a target that is not known to be down", of(({ state }) => UP[state], current)),
    gauge("sockgraph_target_connections", "Open connections to a target", of(({ active }) => active)),
    counter(
      "sockgraph_target_connects",
      "Connections to a target, by their result",
      samples(({ connected, failed }) => ({ connected, failed })),
    ),
    counter("sockgraph_target_probes", "Probes of a target, by their result", samples(({ probes }) => probes)),
  ];
}

function certificateFamilies(nodes: readonly PlacedNode[]): readonly Family[] {
  const samples = nodes.flatMap(({ labels, node }) =>
    (node.certificates ?? []).map(({ path, notAfter }) => ({
      labels: { ...labels, path },
      value: new Date(notAfter).getTime() / 1000,
    }))
  );
  const help = "Unix time at which a certificate expires";
  return [gauge("sockgraph_tls_certificate_expiry_timestamp_seconds", help, samples)];
}

const UP: Readonly<Record<TargetState, number>> = { unknown: 1, up: 1, down: 0, draining: 1, disabled: 0, removed: 0 };

/** A listener has all results from the start, so that the first increment of each is visible. */
function isShown(results: CountedName["results"], result: string, node: string): boolean {
  if (Object.keys(results).length === 0) return false;
  return Object.hasOwn(results, result) || !node.includes("/");
}

function trafficFamilies(counted: readonly CountedName[]): readonly Family[] {
  const sum = (what: "bytes" | "items") =>
    counted.flatMap(({ labels, carried }) =>
      (["in", "out"] as const).map((direction) => ({
        labels: { ...labels, direction },
        value: carried[direction][what],
      }))
    );
  const reasons = (countsOf: (one: CountedName) => Readonly<Record<string, number>>) =>
    counted.flatMap((one) =>
      Object.entries(countsOf(one)).map(([reason, value]) => ({ labels: { ...one.labels, reason }, value }))
    );
  return [
    counter("sockgraph_bytes", "Bytes that nodes received and sent", sum("bytes")),
    counter("sockgraph_items", "Items that nodes received and sent", sum("items")),
    counter("sockgraph_dropped", "Items that were dropped", reasons(({ carried }) => carried.dropped)),
    counter(
      "sockgraph_dropped_bytes",
      "Bytes of the items that were dropped",
      reasons(({ carried }) => carried.droppedBytes),
    ),
    counter(
      "sockgraph_closed",
      "Connections that ended, and datagrams that the system refused to send",
      reasons((one) => one.reasons),
    ),
  ];
}

function generationFamilies({ topologies }: Status): readonly Family[] {
  const of = (what: "generation" | "observedGeneration") =>
    topologies.map((topology) => ({ labels: { topology: topology.name }, value: topology[what] }));
  return [
    gauge("sockgraph_generation", "Desired generation", of("generation")),
    gauge("sockgraph_observed_generation", "The last generation that was fully applied", of("observedGeneration")),
  ];
}

const HEALTHS = ["Healthy", "Progressing", "Degraded", "Suspended", "Missing"] as const satisfies readonly Health[];

/** States of nodes that do not serve, or not all. */
const FAILING: ReadonlySet<NodeCondition> = new Set<NodeCondition>(["degraded", "failed", "draining"]);

/** For alerts: each state is a separate sample, which is 1 while it applies. */
function conditionFamilies({ topologies }: Status): readonly Family[] {
  const conditions = topologies.flatMap(({ name: topology, conditions }) =>
    conditions.map(({ type, status }) => ({ labels: { topology, type }, value: status === "True" ? 1 : 0 }))
  );
  const synced = topologies.map(({ name: topology, sync }) => ({
    labels: { topology },
    value: sync === "Synced" ? 1 : 0,
  }));
  const healths = topologies.flatMap(({ name: topology, health }) =>
    HEALTHS.map((one) => ({ labels: { topology, health: one }, value: one === health ? 1 : 0 }))
  );
  const reasons = topologies.flatMap(({ name: topology, conditions }) =>
    conditions.map(({ type, reason }) => ({ labels: { topology, type, reason }, value: 1 }))
  );
  const faults = topologies.flatMap(({ name: topology, nodes }) =>
    nodes.flatMap((node) => {
      return [...failuresOf(node)].map(([reason, value]) => ({ labels: { topology, node: node.name, reason }, value }));
    })
  );
  return [
    gauge("sockgraph_condition", "1 for a condition that is True: Ready, Reconciling, Stalled", conditions),
    gauge("sockgraph_condition_reason", "1 for the current reason of a condition", reasons),
    gauge("sockgraph_synced", "1 if the observed state is the desired one", synced),
    gauge("sockgraph_health", "1 for the current health of a topology", healths),
    gauge("sockgraph_fault", "Failures in a row of a node that does not serve its traffic, by reason", faults),
  ];
}

/** The failures of a node by reason: of what it serves, or of the node itself, such as a connector without its target. */
function failuresOf(node: NodeStatus): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { reason, count } of node.faults) counts.set(reason, (counts.get(reason) ?? 0) + count);
  if (counts.size === 0 && FAILING.has(node.state)) counts.set(reasonOf(node), node.restarts + 1);
  return counts;
}

function engineFamilies({ engine: { version, runtime, startedAt } }: Status): readonly Family[] {
  const started = [{ labels: {}, value: Date.parse(startedAt) / 1_000 }];
  return [
    {
      name: "sockgraph_build",
      type: "info",
      help: "The engine",
      samples: [{ labels: { version, runtime }, value: 1 }],
    },
    gauge("process_start_time_seconds", "When the engine started, in seconds since 1970", started),
  ];
}

function gauge(name: string, help: string, samples: readonly { labels: Labels; value: number }[]): Family {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly { labels: Labels; value: number }[]): Family {
  return { name, type: "counter", help, samples };
}
