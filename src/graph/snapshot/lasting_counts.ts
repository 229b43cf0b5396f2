/**
 * The part of a snapshot that is kept after the end of a graph: the counts, from which the next graph continues.
 *
 * @module
 */

import { type CountsSnapshot, resultsOf, rulesOf } from "../data/counts.ts";
import type { CopiesSnapshot, NodeSnapshot, ScopeSnapshot } from "../data/snapshot.ts";
import { totalsOf } from "../data/target_report.ts";
import type { TimingsSnapshot } from "../data/timings.ts";

/** All counts of a snapshot, by name. */
export function countsOf({ nodes, unnamed, past = [], timings = {} }: ScopeSnapshot): readonly CountsSnapshot[] {
  const timingsOf = (name: string): TimingsSnapshot | null => timings[name] ?? null;
  return [
    ...nodes.flatMap((node) => isNamed(node) ? [countsOfNode(node, timingsOf(node.name))] : []),
    ...unnamed.copies.map((copies) => countsOfCopies(copies, timingsOf(copies.template))),
    ...past,
  ];
}

/** A snapshot without its nodes: what is left after they were removed. */
export function withoutNodes(snapshot: ScopeSnapshot): ScopeSnapshot {
  const copies = snapshot.unnamed.copies.map((one) => ({ ...one, ready: true, byGeneration: {} }));
  return {
    ...snapshot,
    nodes: [],
    links: [],
    unnamed: { connections: [], copies, outliving: {} },
    past: countsOf({ ...snapshot, unnamed: { connections: [], copies: [], outliving: {} } }),
  };
}

/** What is left of a removed topology: the next one of that name starts to count from zero. */
export function withoutTopology(snapshot: ScopeSnapshot): ScopeSnapshot {
  return {
    ...withoutNodes(snapshot),
    unnamed: { connections: [], copies: [], outliving: {} },
    past: countsOf(snapshot).map((one) => ({ ...one, former: true })),
    timings: {},
  };
}

/** The counts of a template's node. */
export function countsOfCopies(copies: CopiesSnapshot, timings: TimingsSnapshot | null): CountsSnapshot {
  const { template: name, type, hook, hooks, removedHooks = null, reasons, results } = copies;
  return { name, type, hook, hooks, removedHooks, reasons, results, timings };
}

function countsOfNode(node: NodeSnapshot & { name: string }, timings: TimingsSnapshot | null): CountsSnapshot {
  const { name, type, hook, hooks, removedHooks = null, report } = node;
  const connections = report?.connections ?? null;
  const results = connections === null ? {} : resultsOf(connections);
  const targets = report?.targets === undefined ? {} : { targets: totalsOf(report.targets) };
  const byRule = report?.connections?.byRule;
  const rules = byRule === undefined ? {} : { rules: rulesOf({ byRule }) };
  return {
    name,
    type,
    hook,
    hooks,
    removedHooks,
    reasons: report?.reasons ?? {},
    results,
    timings,
    ...targets,
    ...rules,
  };
}

function isNamed(node: NodeSnapshot): node is NodeSnapshot & { name: string } {
  return node.name !== null && node.owner === null;
}
