/**
 * Counts by topology and name: of existing and of removed nodes. The counters of metrics are computed from these, so
 * that none of them falls or disappears while the engine runs.
 *
 * @module
 */

import { type Carried, resultsOf, rulesOf } from "../graph/data/counts.ts";
import { addTargetTotals, type TotalsByTarget } from "../graph/data/target_counts.ts";
import { totalsOf } from "../graph/data/target_report.ts";
import { isTemporaryName } from "../graph/data/name.ts";
import { addTimings, type TimingsSnapshot } from "../graph/data/timings.ts";
import { addCarried, sumOf } from "../graph/snapshot/copies_total.ts";
import { carriedBy } from "../reconcile/status/status_hook.ts";
import type { NodeStatus, Status, TopologyStatus } from "../reconcile/status/status_types.ts";

/** The counts of one name. */
export interface CountedName {
  readonly labels: { readonly topology: string; readonly node: string };
  readonly carried: Carried;
  readonly reasons: Readonly<Record<string, number>>;
  /** Attempts to connect, by result; empty for nodes that do not accept connections. */
  readonly results: Readonly<Record<string, number>>;
  /** Durations; null if nothing was measured. */
  readonly timings: TimingsSnapshot | null;
  /** By target; empty for nodes that have and had none. */
  readonly targets: TotalsByTarget;
  /** Connections by the rule of `route` that has taken them; empty for nodes that have and had no rules. */
  readonly rules: Readonly<Record<string, number>>;
}

/** Keeps the last counts of names that no longer exist, and of removed topologies. */
export class CountedNames {
  readonly #last = new Map<string, Map<string, CountedName>>();
  readonly #noted = new Map<string, TopologyStatus>();

  /** Keeps the counts of a topology until `collect` needs them. */
  note(topology: TopologyStatus): void {
    if (topology.nodes.some(exists)) this.#noted.set(topology.name, topology);
  }

  /** All counts since the start, as of the last read. */
  collect(status: Status): readonly CountedName[] {
    for (const topology of this.#noted.values()) this.#fold(topology);
    this.#noted.clear();
    for (const topology of status.topologies) this.#fold(topology);
    return [...this.#last.values()].flatMap((names) => [...names.values()]);
  }

  #fold(topology: TopologyStatus): void {
    const { name, nodes, past = [], timings = {} } = topology;
    let names = this.#last.get(name);
    if (names === undefined) this.#last.set(name, names = new Map());
    const seen = new Map<string, CountedName>();
    for (
      const one of past
    ) {
      const { name: node, hooks, removedHooks, reasons, results, former = false, timings: own } = one;
      const { targets = {}, rules = {} } = one;
      const carried = carriedBy({ hooks, ...(removedHooks === null ? {} : { removedHooks }) });
      const labels = { topology: name, node };
      sum(seen, { labels, carried, reasons, results, timings: former ? own : timings[node] ?? null, targets, rules });
    }
    for (const node of nodes) {
      // It counts with its replacement, under its own name.
      if (isTemporaryName(node.name)) continue;
      // The counts of a missing node's name are earlier counts, if there are any.
      if (!exists(node) && (names.has(node.name) || seen.has(node.name))) continue;
      const labels = { topology: name, node: node.name };
      const { reasons } = node;
      sum(seen, {
        labels,
        carried: carriedBy(node),
        reasons,
        results: attemptsOf(node),
        timings: timings[node.name] ?? null,
        targets: totalsOf(node.targets ?? []),
        rules: node.connections === null ? {} : rulesOf(node.connections),
      });
    }
    for (const counted of seen.values()) remember(names, counted);
  }
}

/** A name has counts of the current node, and of earlier ones. */
function sum(names: Map<string, CountedName>, counted: CountedName): void {
  const { node } = counted.labels;
  const other = names.get(node);
  if (other === undefined) return void names.set(node, counted);
  names.set(node, {
    labels: counted.labels,
    carried: addCarried(other.carried, counted.carried) ?? counted.carried,
    reasons: sumOf(other.reasons, counted.reasons),
    results: sumOf(other.results, counted.results),
    timings: other.timings === null || counted.timings === null
      ? other.timings ?? counted.timings
      : addTimings(other.timings, counted.timings),
    targets: addTargetTotals(other.targets, counted.targets),
    rules: sumOf(other.rules, counted.rules),
  });
}

/** The counts of a name stay, although its next node may be of a type without them. */
function remember(names: Map<string, CountedName>, counted: CountedName): void {
  const { node } = counted.labels;
  const before = names.get(node);
  names.set(node, {
    ...counted,
    reasons: { ...before?.reasons, ...counted.reasons },
    results: { ...before?.results, ...counted.results },
    timings: counted.timings ?? before?.timings ?? null,
    targets: { ...before?.targets, ...counted.targets },
    rules: { ...before?.rules, ...counted.rules },
  });
}

/** The nodes of templates have no ID: there may be any number of copies. */
function exists({ id, name }: NodeStatus): boolean {
  return id !== null || name.includes("/");
}

function attemptsOf({ connections }: NodeStatus): CountedName["results"] {
  return connections === null ? {} : resultsOf(connections);
}
