/**
 * Guards against what a source does to others by accident: it takes a topology that runs from elsewhere, it has become
 * empty, or what it held is gone from it. Pure; what is found is for the caller to refuse, to do, or to show.
 *
 * @module
 */

import type { GraphState } from "../graph/data/state.ts";
import { covers } from "./origin.ts";

/** What the person who applies says about that. */
export interface OwnershipPolicy {
  /** Remove topologies that the same sources no longer have. */
  readonly prune: boolean;
  /** Take over topologies that run from another source. */
  readonly takeOver: boolean;
  /** Allow a source that has become empty to remove its topologies. */
  readonly allowEmpty: boolean;
}

/** Nothing of it. */
export const STRICT_OWNERSHIP: OwnershipPolicy = { prune: false, takeOver: false, allowEmpty: false };

/** The same, and what the sources cover. */
export interface OwnershipCheck extends OwnershipPolicy {
  /** True for sources that are followed: what they hold belongs to them, or is refused. */
  readonly follows?: boolean;
  /** Locations; one that ends in `/` covers what lies directly in it. */
  readonly origins: readonly string[];
}

interface Place {
  readonly kind: string;
  readonly location: string;
}

/** A topology that runs. */
export interface RunningTopology {
  readonly name: string;
  readonly source: Place;
  /** How many nodes it declares. */
  readonly nodes: number;
}

/** What would happen. */
export interface OwnershipReport {
  /** Topologies that run from elsewhere, with a sentence each. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** Why a source is too empty to be applied; null when it is not. */
  readonly emptied: string | null;
  /** Topologies that are gone from their source, and are to be removed. */
  readonly gone: readonly string[];
}

/** Where nobody keeps a topology: whoever has it in a file may have it. */
const PASSING_KINDS = ["stdin", "library"];

/** Compares what is wanted with what runs. */
export function checkOwnership(
  desired: readonly { readonly state: GraphState; readonly source: Place }[],
  guard: OwnershipCheck,
  running: readonly RunningTopology[],
): OwnershipReport {
  const known = new Map(running.map((one) => [one.name, one]));
  const elsewhere = new Map<string, string>();
  for (const { state: { name }, source } of desired) {
    const former = known.get(name);
    if (guard.takeOver || former === undefined || !isElsewhere(former.source, source, guard)) continue;
    const from = source.kind === "stdin" ? "standard input" : `"${source.location}"`;
    const runs = `it runs from "${former.source.location}"`;
    elsewhere.set(name, `Cannot apply "${name}" from ${from}: ${runs}; with --take-over it belongs to this source`);
  }
  const names = new Set(desired.map(({ state }) => state.name));
  const gone = running.filter(({ name, source }) => {
    return guard.prune && !names.has(name) && !isPassing(source) && covers(guard.origins, source.location);
  }).map(({ name }) => name);
  return { elsewhere, gone, emptied: guard.allowEmpty ? null : whyEmpty(desired, known, gone) };
}

function isElsewhere(former: Place, now: Place, guard: OwnershipCheck): boolean {
  return !isPassing(former) && former.location !== now.location && !covers(guard.origins, former.location);
}

function isPassing({ kind }: Place): boolean {
  return PASSING_KINDS.includes(kind);
}

function whyEmpty(
  desired: readonly { readonly state: GraphState }[],
  known: ReadonlyMap<string, RunningTopology>,
  gone: readonly string[],
): string | null {
  for (const { state: { name, nodes } } of desired) {
    const had = known.get(name)?.nodes ?? 0;
    if (nodes.length > 0 || had === 0) continue;
    const count = had === 1 ? "1 node" : `${had} nodes`;
    return `Cannot empty "${name}": it has no nodes any more; --allow-empty removes its ${count}`;
  }
  if (desired.length > 0 || gone.length === 0) return null;
  const names = gone.map((name) => `"${name}"`).join(", ");
  return `Cannot prune ${names}: the source has no topology any more; --allow-empty removes what came from it`;
}
