/**
 * Which topologies come from the same source: they change as one.
 *
 * @module
 */

import type { WantedTopology } from "../api/operations/apply.ts";
import type { AppliedSource } from "../reconcile/status/status_types.ts";
import { originOf } from "../sources/origin.ts";

/** A topology that runs and is gone from its source. */
export interface GoneTopology {
  readonly name: string;
  readonly source: AppliedSource;
}

/** The topologies of one source. */
export interface SourceGroup {
  readonly topologies: readonly WantedTopology[];
  /** Those that are to be removed. */
  readonly gone: readonly GoneTopology[];
}

/** What is known of the sources of a request. */
export interface SourcedRequest {
  readonly topologies: readonly WantedTopology[];
  /** Locations that sources cover; one that ends in `/` covers what lies directly in it. */
  readonly origins?: readonly string[];
  /** The same for a change. */
  readonly guard?: { readonly origins: readonly string[] };
}

/** Sorts topologies by their sources, which stand in the order in which they are first met. */
export function groupBySource(request: SourcedRequest, gone: readonly GoneTopology[] = []): readonly SourceGroup[] {
  const { topologies, guard, origins = guard?.origins ?? [] } = request;
  // A saved plan was made of one change, whatever is known of its sources.
  const saved = topologies.some(({ base }) => base !== undefined);
  const keyOf = ({ kind, location }: AppliedSource) =>
    saved ? "" : originOf(origins, location) ?? `${kind} ${location}`;
  const keys = new Set([...topologies, ...gone].map(({ source }) => keyOf(source)));
  return [...keys].map((key) => ({
    topologies: topologies.filter(({ source }) => keyOf(source) === key),
    gone: gone.filter(({ source }) => keyOf(source) === key),
  }));
}
