/**
 * Detects accidental effects of a source: it takes over a topology of another source, it has become empty, or some of
 * its topologies were removed from it. A pure function; the caller rejects, applies or shows the result.
 *
 * @module
 */

import type { GraphState } from "../graph/data/state.ts";
import { covers } from "./origin.ts";

/** The user's options about that. */
export interface OwnershipPolicy {
  /** Remove topologies that the same sources no longer have. */
  readonly prune: boolean;
  /** Take over topologies that run from another source. */
  readonly takeOver: boolean;
  /** Allow a source that has become empty to remove its topologies. */
  readonly allowEmpty: boolean;
}

/** None of these. */
export const STRICT_OWNERSHIP: OwnershipPolicy = { prune: false, takeOver: false, allowEmpty: false };

/** The same, and the covered locations. */
export interface OwnershipCheck extends OwnershipPolicy {
  /** True for sources that are followed: their topologies belong to them, or are rejected. */
  readonly follows?: boolean;
  /** Locations; one that ends in `/` covers the files directly in it. */
  readonly origins: readonly string[];
}

interface Place {
  readonly kind: string;
  readonly location: string;
}

/** A running topology. */
export interface RunningTopology {
  readonly name: string;
  readonly source: Place;
  /** The number of declared nodes. */
  readonly nodes: number;
}

/** The result. */
export interface OwnershipReport {
  /** Topologies of other sources, with a sentence each. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** Why a source is too empty to be applied; null if it is not. */
  readonly emptied: string | null;
  /** Topologies that are no longer in their source, and will be removed. */
  readonly removed: readonly string[];
  /** The number of running topologies of other sources, which pruning leaves as they are; 0 without pruning. */
  readonly others: number;
}

/** A topology without a kept source: any file may have it. */
const PASSING_KINDS = ["stdin", "library"];

/** Compares the desired topologies with the running ones. */
export function checkOwnership(
  desired: readonly { readonly state: GraphState; readonly source: Place }[],
  guard: OwnershipCheck,
  running: readonly RunningTopology[],
): OwnershipReport {
  const known = new Map(running.map((one) => [one.name, one]));
  const elsewhere = new Map<string, string>();
  for (const { state: { name }, source } of desired) {
    const previous = known.get(name);
    if (guard.takeOver || previous === undefined || !isElsewhere(previous.source, source, guard)) continue;
    const from = source.kind === "stdin" ? "standard input" : `"${source.location}"`;
    const runs = `it runs from "${previous.source.location}"`;
    elsewhere.set(name, `Cannot apply "${name}" from ${from}: ${runs}; use --take-over to assign it to this source`);
  }
  const names = new Set(desired.map(({ state }) => state.name));
  const removed = running.filter(({ name, source }) => {
    return guard.prune && !names.has(name) && !isPassing(source) && covers(guard.origins, source.location);
  }).map(({ name }) => name);
  const others = guard.prune ? running.filter(({ name }) => !names.has(name) && !removed.includes(name)).length : 0;
  return { elsewhere, removed, others, emptied: guard.allowEmpty ? null : whyEmpty(desired, known, removed) };
}

function isElsewhere(previous: Place, now: Place, guard: OwnershipCheck): boolean {
  return !isPassing(previous) && previous.location !== now.location && !covers(guard.origins, previous.location);
}

function isPassing({ kind }: Place): boolean {
  return PASSING_KINDS.includes(kind);
}

function whyEmpty(
  desired: readonly { readonly state: GraphState }[],
  known: ReadonlyMap<string, RunningTopology>,
  removed: readonly string[],
): string | null {
  for (const { state: { name, nodes } } of desired) {
    const had = known.get(name)?.nodes ?? 0;
    if (nodes.length > 0 || had === 0) continue;
    const count = had === 1 ? "1 node" : `${had} nodes`;
    return `Cannot empty "${name}": it has no nodes any more; --allow-empty removes its ${count}`;
  }
  if (desired.length > 0 || removed.length === 0) return null;
  const names = removed.map((name) => `"${name}"`).join(", ");
  return `Cannot prune ${names}: the source has no topology any more; --allow-empty removes what came from it`;
}
