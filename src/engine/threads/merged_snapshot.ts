/**
 * One scope as several threads have it: every node is there once, with what all of its parts have counted, and the
 * connections of all of them are its own.
 *
 * @module
 */

import { mergeFaults } from "../../graph/fault.ts";
import { HookSum } from "../../graph/hook_sum.ts";
import type { ConnectionCounts, NodeReport, Traffic } from "../../graph/report.ts";
import type { NodeSnapshot, ScopeSnapshot } from "../../graph/snapshot.ts";
import { addTimings, type TimingsSnapshot } from "../../graph/timings.ts";
import type { UnnamedSnapshot } from "../../graph/snapshot.ts";
import { UnnamedSum } from "../../graph/unnamed.ts";

/** What further threads have of a scope. */
export interface PartSnapshot {
  readonly snapshot: ScopeSnapshot;
  /** The ID of the same node in the first thread; null for one that is another's. */
  idOf(name: string): string | null;
}

/**
 * Puts a scope together.
 *
 * @param notes what is to be told of nodes, by ID
 */
export function mergeSnapshots(
  first: ScopeSnapshot,
  parts: readonly PartSnapshot[],
  notes: ReadonlyMap<string, string>,
): ScopeSnapshot {
  const twins = new Map<string, NodeSnapshot[]>();
  const others = parts.flatMap(({ snapshot, idOf }) => {
    const firstIds = new Map<string, string>();
    for (const node of snapshot.nodes) {
      const id = node.name === null || node.owner !== null ? null : idOf(node.name);
      if (id === null) continue;
      firstIds.set(node.id, id);
      twins.set(id, [...twins.get(id) ?? [], node]);
    }
    // A listener that is gone leaves its connections; they belong to nobody that is there, as in the first thread.
    return snapshot.nodes.filter((node) => node.owner !== null)
      .map((node) => ({ ...node, owner: firstIds.get(node.owner ?? "") ?? node.owner }));
  });
  const nodes = first.nodes.map((node) => {
    const note = notes.get(node.id);
    return withNote(addTwins(node, twins.get(node.id) ?? []), note);
  });
  const all = [first, ...parts.map(({ snapshot }) => snapshot)];
  return { ...first, nodes: [...nodes, ...others], unnamed: unnamedOf(all), ...timingsOf(all) };
}

function unnamedOf(snapshots: readonly ScopeSnapshot[]): UnnamedSnapshot {
  const sum = new UnnamedSum();
  for (const { unnamed } of snapshots) sum.addAll(unnamed);
  return sum.snapshot();
}

function timingsOf(snapshots: readonly ScopeSnapshot[]): Pick<ScopeSnapshot, "timings"> {
  const sum: Record<string, TimingsSnapshot> = {};
  for (const [name, timings] of snapshots.flatMap((one) => Object.entries(one.timings ?? {}))) {
    const known = sum[name];
    sum[name] = known === undefined ? timings : addTimings(known, timings);
  }
  return { timings: sum };
}

function addTwins(node: NodeSnapshot, twins: readonly NodeSnapshot[]): NodeSnapshot {
  if (twins.length === 0) return node;
  const reports = twins.flatMap(({ report }) => report === null ? [] : [report]);
  return {
    ...node,
    hooks: node.hooks.map((hook) => {
      const sum = new HookSum(hook.name, hook);
      sum.addSnapshot(hook);
      for (const one of twins.flatMap(({ hooks }) => hooks)) {
        if (one.name === hook.name && one.peer === hook.peer) sum.addSnapshot(one);
      }
      return sum.snapshot();
    }),
    report: node.report === null ? null : reports.reduce(addReports, node.report),
  };
}

function withNote(node: NodeSnapshot, note: string | undefined): NodeSnapshot {
  const { report } = node;
  if (note === undefined || report === null) return node;
  return { ...node, report: { ...report, notes: [...report.notes, note] } };
}

function addReports(one: NodeReport, other: NodeReport): NodeReport {
  const traffic = one.traffic === null || other.traffic === null ? one.traffic : {
    in: addTraffic(one.traffic.in, other.traffic.in),
    out: addTraffic(one.traffic.out, other.traffic.out),
  };
  return {
    ...one,
    connections: addConnections(one.connections, other.connections),
    traffic,
    reasons: addCounts(one.reasons, other.reasons),
    notes: [...new Set([...one.notes, ...other.notes])],
    ...(one.faults === undefined && other.faults === undefined
      ? {}
      : { faults: mergeFaults([one.faults ?? [], other.faults ?? []]) }),
  };
}

function addConnections(one: ConnectionCounts | null, other: ConnectionCounts | null): ConnectionCounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    active: one.active + other.active,
    total: one.total + other.total,
    refused: one.refused + other.refused,
    byGeneration: addCounts(one.byGeneration, other.byGeneration),
  };
}

function addTraffic(one: Traffic, other: Traffic): Traffic {
  return { bytes: one.bytes + other.bytes, items: one.items + other.items };
}

function addCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...one };
  for (const [key, count] of Object.entries(other)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
