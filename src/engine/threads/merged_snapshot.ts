/**
 * One scope in several threads, combined: every node is included once, with the counts and the connections of all of
 * its parts.
 *
 * @module
 */

import { addTargetTotals } from "../../graph/data/target_counts.ts";
import { countAttempts, type CountsSnapshot, resultsOf } from "../../graph/data/counts.ts";
import type { ConnectionCounts, NodeReport, RuleCounts } from "../../graph/data/node_report.ts";
import { mergeFaults } from "../../graph/data/fault.ts";
import type { TargetReport } from "../../graph/data/target_report.ts";
import type { NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import { addTimings, type TimingsSnapshot } from "../../graph/data/timings.ts";
import { addCarried, addHooks, addUnnamed, sumOf } from "../../graph/snapshot/copies_total.ts";

/** The part of a scope in further threads. */
export interface PartSnapshot {
  readonly snapshot: ScopeSnapshot;
  /** The ID of the same node in the first thread; null for a node of another thread. */
  idOf(name: string): string | null;
}

/**
 * Combines a scope.
 *
 * @param notes the notes about nodes, by ID
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
    // Connections of a removed listener belong to no existing node, as in the first thread.
    return snapshot.nodes.filter((node) => node.owner !== null)
      .map((node) => ({ ...node, owner: firstIds.get(node.owner ?? "") ?? node.owner }));
  });
  const nodes = first.nodes.map((node) => {
    const note = notes.get(node.id);
    return withNote(addTwins(node, twins.get(node.id) ?? []), note);
  });
  const all = [first, ...parts.map(({ snapshot }) => snapshot)];
  const { past, ofNodes } = pastOf(
    all,
    new Map(nodes.flatMap((node) => node.name === null ? [] : [[node.name, node]])),
  );
  return {
    ...first,
    nodes: [...nodes.map((node) => addPast(node, ofNodes.get(node.name ?? ""))), ...others],
    unnamed: addUnnamed(all.map(({ unnamed }) => unnamed)),
    ...past.length === 0 ? {} : { past },
    ...timingsOf(all),
  };
}

/** The counts of names without a node; a node may be missing in one thread, and exist in the first. */
function pastOf(
  snapshots: readonly ScopeSnapshot[],
  nodes: ReadonlyMap<string, NodeSnapshot>,
): { readonly past: readonly CountsSnapshot[]; readonly ofNodes: ReadonlyMap<string, CountsSnapshot> } {
  const past = new Map<string, CountsSnapshot>();
  const ofNodes = new Map<string, CountsSnapshot>();
  for (const one of snapshots.flatMap(({ past = [] }) => past)) {
    const node = nodes.get(one.name);
    const isNodes = one.former !== true && node?.type === one.type;
    const former = one.former === true || (node !== undefined && !isNodes);
    const counts: CountsSnapshot = former ? { ...one, former } : one;
    const [sums, key] = isNodes ? [ofNodes, one.name] : [past, `${one.name} ${former}`];
    const known = sums.get(key);
    sums.set(key, known === undefined ? counts : addCountsSnapshots(known, counts));
  }
  return { past: [...past.values()], ofNodes };
}

function addCountsSnapshots(one: CountsSnapshot, other: CountsSnapshot): CountsSnapshot {
  return {
    ...one,
    hooks: addHooks(one.hooks, other.hooks),
    removedHooks: addCarried(one.removedHooks ?? undefined, other.removedHooks ?? undefined) ?? null,
    reasons: sumOf(one.reasons, other.reasons),
    results: sumOf(one.results, other.results),
    timings: one.timings === null || other.timings === null
      ? one.timings ?? other.timings
      : addTimings(one.timings, other.timings),
    ...(one.targets === undefined && other.targets === undefined
      ? {}
      : { targets: addTargetTotals(one.targets ?? {}, other.targets ?? {}) }),
    ...(one.rules === undefined && other.rules === undefined
      ? {}
      : { rules: sumOf(one.rules ?? {}, other.rules ?? {}) }),
  };
}

function addPast(node: NodeSnapshot, past: CountsSnapshot | undefined): NodeSnapshot {
  if (past === undefined) return node;
  const report = node.report === null ? null : {
    ...node.report,
    connections: addConnections(node.report.connections, connectionsOf(past)),
    reasons: sumOf(node.report.reasons, past.reasons),
  };
  const removed = addCarried(node.removedHooks, past.removedHooks ?? undefined);
  // Its hooks are not linked now: they are those of the same name that the node has here.
  const hooks = past.hooks.map((hook) => ({
    ...hook,
    peer: node.hooks.find(({ name }) => name === hook.name)?.peer ?? hook.peer,
  }));
  return {
    ...node,
    hooks: addHooks(node.hooks, hooks),
    ...(removed === undefined ? {} : { removedHooks: removed }),
    report,
  };
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
  const removed = [node, ...twins].map(({ removedHooks }) => removedHooks).reduce(addCarried);
  const reports = twins.flatMap(({ report }) => report === null ? [] : [report]);
  return {
    ...node,
    hooks: addHooks(node.hooks, twins.flatMap(({ hooks }) => hooks)),
    ...(removed === undefined ? {} : { removedHooks: removed }),
    report: node.report === null ? null : reports.reduce(addReports, node.report),
  };
}

function withNote(node: NodeSnapshot, note: string | undefined): NodeSnapshot {
  const { report } = node;
  if (note === undefined || report === null) return node;
  return { ...node, report: { ...report, notes: [...report.notes, note] } };
}

function addReports(one: NodeReport, other: NodeReport): NodeReport {
  return {
    ...one,
    connections: addConnections(one.connections, other.connections),
    reasons: sumOf(one.reasons, other.reasons),
    notes: [...new Set([...one.notes, ...other.notes])],
    ...(one.targets === undefined ? {} : { targets: addTargets(one.targets, other.targets ?? []) }),
    ...(one.faults === undefined && other.faults === undefined ? {} : { faults: mergeFaults(one, other) }),
    ...laterOf(one, other),
  };
}

function laterOf(...reports: readonly NodeReport[]): Pick<NodeReport, "servedAt"> {
  const last = reports.flatMap(({ servedAt }) => servedAt ?? []).sort().at(-1);
  return last === undefined ? {} : { servedAt: last };
}

/**
 * The first thread judges the targets of pools for all. That of a listener without a pool is judged by each thread: the
 * last judgement holds. Connections add up.
 */
function addTargets(some: readonly TargetReport[], others: readonly TargetReport[]): readonly TargetReport[] {
  const rest = new Map(others.map((target) => [target.name, target]));
  const sums = some.map((one) => {
    const other = rest.get(one.name);
    rest.delete(one.name);
    if (other === undefined) return one;
    return {
      ...(one.state !== other.state && other.since > one.since ? other : one),
      active: one.active + other.active,
      total: one.total + other.total,
      failed: one.failed + other.failed,
      probes: {
        succeeded: one.probes.succeeded + other.probes.succeeded,
        failed: one.probes.failed + other.probes.failed,
      },
    };
  });
  return [...sums, ...[...rest.values()].filter(({ state }) => state === "removed")];
}

function addConnections(one: ConnectionCounts | null, other: ConnectionCounts | null): ConnectionCounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    active: one.active + other.active,
    byGeneration: sumOf(one.byGeneration, other.byGeneration),
    ...countAttempts(sumOf(resultsOf(one), resultsOf(other))),
    ...(one.byRule === undefined ? {} : { byRule: one.byRule.map((rule) => addRule(rule, other.byRule)) }),
  };
}

function addRule(one: RuleCounts, others: readonly RuleCounts[] = []): RuleCounts {
  const same = others.find(({ rule }) => rule === one.rule);
  return same === undefined ? one : { rule: one.rule, active: one.active + same.active, total: one.total + same.total };
}

function connectionsOf({ results, rules = {} }: CountsSnapshot): ConnectionCounts {
  const byRule = Object.entries(rules).map(([rule, total]) => ({ rule, active: 0, total }));
  return { active: 0, byGeneration: {}, ...countAttempts(results), ...(byRule.length === 0 ? {} : { byRule }) };
}
