/**
 * Groups topologies of the same source, which change together.
 *
 * @module
 */

import type { RequestedTopology } from "../api/operations/apply.ts";
import type { AppliedSource } from "../reconcile/status/status_types.ts";
import { originOf } from "../sources/origin.ts";

/** A running topology that is no longer in its source. */
export interface RemovedTopology {
  readonly name: string;
  readonly source: AppliedSource;
}

/** The topologies of one source. */
export interface SourceGroup {
  readonly topologies: readonly RequestedTopology[];
  /** Those to be removed. */
  readonly removed: readonly RemovedTopology[];
}

/** The facts about the sources of a request. */
export interface SourcedRequest {
  readonly topologies: readonly RequestedTopology[];
  /** Locations that sources cover; one that ends in `/` covers the files directly in it. */
  readonly origins?: readonly string[];
  /** The same for a change. */
  readonly guard?: { readonly origins: readonly string[] };
}

/** Sorts topologies by their sources, in the order of their first occurrence. */
export function groupBySource(
  request: SourcedRequest,
  removed: readonly RemovedTopology[] = [],
): readonly SourceGroup[] {
  const { topologies, guard, origins = guard?.origins ?? [] } = request;
  // A saved plan is one change, regardless of its sources.
  const saved = topologies.some(({ base }) => base !== undefined);
  const keyOf = ({ kind, location }: AppliedSource) =>
    saved ? "" : originOf(origins, location) ?? `${kind} ${location}`;
  const keys = new Set([...topologies, ...removed].map(({ source }) => keyOf(source)));
  return [...keys].map((key) => ({
    topologies: topologies.filter(({ source }) => keyOf(source) === key),
    removed: removed.filter(({ source }) => keyOf(source) === key),
  }));
}
