/**
 * Rules between topologies that are applied together: no two bind the same address, and no target leads back to the
 * listener of its connections.
 *
 * @module
 */

import { claimsClash, reaches } from "../../graph/data/claim.ts";
import type { Listener, PlacedTarget } from "./addresses.ts";
import type { Diagnostic } from "../parse/diagnostic.ts";
import type { SourceFile, Span } from "../parse/source.ts";

/** A topology, for these checks. */
export interface TogetherTopology {
  readonly state: { readonly name: string };
  readonly listeners: readonly Listener[];
  readonly source: SourceFile;
}

interface Place extends Listener {
  readonly topology: TogetherTopology;
}

/** The selection of findings. */
export interface TogetherOptions {
  /** True for only those that concern several files: those of each file are known. */
  readonly across: boolean;
  /** True if an address is one of this machine. */
  readonly isOwn: (host: string) => boolean;
}

/** The problems of topologies that are applied together. */
export function checkTogether(
  topologies: readonly TogetherTopology[],
  { across, isOwn }: TogetherOptions,
): readonly Diagnostic[] {
  const places = new Map<string, Place[]>();
  for (const topology of topologies) {
    for (const listener of topology.listeners) {
      const key = keyOf(listener.claim);
      const place = { ...listener, topology };
      const earlier = places.get(key);
      if (earlier === undefined) places.set(key, [place]);
      else earlier.push(place);
    }
  }
  return [...conflicts(places, across), ...loops(places, { across, isOwn })];
}

function keyOf({ space, place }: { readonly space: string; readonly place: string }): string {
  return `${space} ${place}`;
}

function* conflicts(places: ReadonlyMap<string, readonly Place[]>, across: boolean): Iterable<Diagnostic> {
  for (const group of places.values()) {
    for (const [index, one] of group.entries()) {
      const other = group.slice(0, index)
        .find(({ topology, claim }) => topology !== one.topology && claimsClash(claim, one.claim));
      if (other === undefined || (across && other.topology.source === one.topology.source)) continue;
      const { state: { name }, source } = other.topology;
      const file = source === one.topology.source ? "" : ` in "${source.name}"`;
      const as = other.claim.text === one.claim.text ? "" : ` as "${other.claim.text}"`;
      const message =
        `Address "${one.claim.text}" is already used by node "${other.node}" of topology "${name}"${file}${as}`;
      const hint = "topologies that are applied together need different addresses";
      yield finding("address-conflict", { place: one, span: one.span, message, hint });
    }
  }
}

/** Listeners whose own connections lead back to them. */
function* loops(
  places: ReadonlyMap<string, readonly Place[]>,
  { across, isOwn }: TogetherOptions,
): Iterable<Diagnostic> {
  // Listeners that join one hub share a group of targets.
  const known = new Map<readonly PlacedTarget[], readonly (readonly [Place, PlacedTarget])[]>();
  const hits = (group: readonly PlacedTarget[]): readonly (readonly [Place, PlacedTarget])[] => {
    const earlier = known.get(group);
    if (earlier !== undefined) return earlier;
    const found = group.flatMap((placed) =>
      (places.get(keyOf(placed.target)) ?? []).filter(({ claim }) => reaches(placed.target, claim, isOwn))
        .map((to) => [to, placed] as const)
    );
    known.set(group, found);
    return found;
  };
  const next = (place: Place): readonly (readonly [Place, PlacedTarget])[] => place.targets.flatMap(hits);
  const reported = new Set<Place>();
  for (const start of [...places.values()].flat()) {
    if (start.targets.length === 0 || reported.has(start)) continue;
    const found = circleFrom(start, next);
    if (found === null) continue;
    for (const { place } of found) reported.add(place);
    if (across && found.every(({ place }) => place.topology.source === start.topology.source)) continue;
    const names = [...found.map(({ place }) => place), start].map((place) => nameOf(place, start));
    const [first] = found;
    const text = first?.by.target.text ?? "";
    const round = found.length === 1 ? "itself" : names.join(" → ");
    const datagrams = start.claim.space === "udp";
    yield finding("leads-back", {
      place: start,
      span: first?.by.span ?? start.span,
      message: `Target "${text}" of "${start.node}" leads back to ${round}`,
      hint: datagrams
        ? "each datagram would circulate without end"
        : "each connection would open another one, until no descriptor is left",
    });
  }
}

interface Step {
  readonly place: Place;
  /** The target by which it is left. */
  readonly by: PlacedTarget;
}

/** The shortest way from a listener back to it; null if there is none. */
function circleFrom(
  start: Place,
  next: (place: Place) => readonly (readonly [Place, PlacedTarget])[],
): readonly Step[] | null {
  const ways = new Map<Place, readonly Step[]>([[start, []]]);
  for (const [place, way] of ways) {
    for (const [to, by] of next(place)) {
      const longer = [...way, { place, by }];
      if (to === start) return longer;
      // A map's iteration also visits entries that are added meanwhile.
      if (!ways.has(to)) ways.set(to, longer);
    }
  }
  return null;
}

function nameOf({ node, topology }: Place, start: Place): string {
  return topology === start.topology ? node : `${topology.state.name}/${node}`;
}

/** Each connection that leads back fails, but the topologies can run; one of two that bind one address cannot. */
const SEVERITY = { "address-conflict": "error", "leads-back": "warning" } as const;

function finding(
  code: keyof typeof SEVERITY,
  { place, span, message, hint }: {
    readonly place: Place;
    readonly span: Span;
    readonly message: string;
    readonly hint: string;
  },
): Diagnostic {
  const { source: file } = place.topology;
  return { code, severity: SEVERITY[code], message, file, span, hint, related: [] };
}
