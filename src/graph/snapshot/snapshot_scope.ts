/**
 * Reading a graph: a scope and its nodes as plain data. This is done in pieces, because there may be thousands of nodes
 * and other work must run meanwhile.
 *
 * @module
 */

import { forEachInTurn, type Task } from "../../cooperative.ts";
import { wasRemoved } from "../core/count_book.ts";
import type { CountsSnapshot } from "../data/counts.ts";
import type { Graph } from "../core/graph.ts";
import { snapshotHooks } from "../core/hook_rows.ts";
import { manualLinksOf } from "../message/manual_link.ts";
import type { Node } from "../core/node.ts";
import type { Scope } from "../core/scope.ts";
import type { NodeSnapshot, ScopeSnapshot, SnapshotOptions } from "../data/snapshot.ts";
import { canonicalLink, compareLinks, type End, type LinkState, type ManualLink } from "../data/state.ts";
import type { TimingsSnapshot } from "../data/timings.ts";
import { CopiesTotal, isTemplateNode } from "./copies_total.ts";

/** A running scope, with its clones and copies; null if there is none. */
export function* snapshotScope(
  graph: Graph,
  name: string,
  { each: everyNode = false }: SnapshotOptions = {},
): Task<ScopeSnapshot | null> {
  if (!graph.scopes().includes(name)) return null;
  const scope = graph.scope(name);
  const now = graph.clock.now();
  const snapshots: NodeSnapshot[] = [];
  const unnamed = new CopiesTotal();
  const manual: ManualLink[] = [];
  for (const node of graph.nodesOf(name)) {
    // They may have changed since they were listed.
    if (node === scope.anchor || !node.alive) continue;
    const owned = node.origin.owner !== null;
    if (owned) unnamed.add(node);
    manual.push(...manualLinksOf(node));
    if (!owned || everyNode) snapshots.push(snapshotNode(node, now));
    yield;
  }
  const links = yield* linksOf(scope);
  return {
    name,
    description: scope.description,
    generation: scope.generation,
    templates: [...scope.templates.values()],
    nodes: snapshots,
    unnamed: unnamed.snapshot(graph.counts.all(name)),
    links,
    manual,
    ...(yield* countedOf(graph, scope)),
  };
}

/** A node as plain data, `now` on its graph's clock. */
export function snapshotNode(node: Node, now: number): NodeSnapshot {
  const { origin, ended, entries, formers } = node;
  const { hooks, removed } = snapshotHooks(node);
  const failed = entries.find((entry) => entry.phase === "failed");
  return {
    id: node.id.toString(16),
    name: node.name,
    type: node.type.name,
    hook: node.deciding,
    phase: node.phase,
    restart: node.restart,
    generation: origin.generation,
    ageMs: Math.round(now - origin.bornAt),
    error: ended?.error ?? failed?.error ?? null,
    reason: ended?.reason ?? null,
    owner: origin.owner === null ? null : origin.owner.id.toString(16),
    template: origin.template,
    messages: entries.map((entry) => entry.snapshot()),
    hooks,
    ...(removed === null ? {} : { removedHooks: removed }),
    report: node.report(),
    ...(formers === null ? {} : { formers: Object.fromEntries(formers) }),
  };
}

/** The counts of names that no node has now, or that belonged to other nodes; and the durations of all names. */
function* countedOf(graph: Graph, { name, names, generation }: Scope): Task<Pick<ScopeSnapshot, "past" | "timings">> {
  const past: CountsSnapshot[] = [];
  const timings: Record<string, TimingsSnapshot> = {};
  const now = graph.clock.now();
  yield* forEachInTurn([...graph.counts.all(name)], ([one, counts]) => {
    if (!names.has(one) && !isTemplateNode(one)) {
      const former = wasRemoved(counts.vacantSince, generation) ? { former: true } as const : {};
      past.push({ ...counts.snapshot(one, now), ...former });
    }
    const measured = counts.timingsAt(now);
    if (measured !== null) timings[one] = measured;
  });
  yield* forEachInTurn([...graph.counts.earlier(name)], ([one, counts]) => {
    past.push({ ...counts.snapshot(one, now), former: true });
  });
  return { ...(past.length === 0 ? {} : { past }), timings };
}

/** The links between the nodes of a scope that have names. */
function* linksOf({ names }: Scope): Task<readonly LinkState[]> {
  const links: LinkState[] = [];
  yield* forEachInTurn([...names.values()], (node) => {
    for (const hook of node.hooks.values()) {
      const { peer } = hook;
      if (peer === null || peer.node.name === null || names.get(peer.node.name) !== peer.node) continue;
      const link = canonicalLink(declaredEnd(node, hook), declaredEnd(peer.node, peer));
      // Each link is found from both of its ends; the smaller one counts.
      if (link.ends[0].node === node.name && isFirst(link, node, hook.name)) links.push(link);
    }
  });
  return links.sort(compareLinks);
}

function declaredEnd(node: Node, hook: { readonly name: string; readonly automatic: boolean }): End {
  return { node: node.name ?? "", hook: hook.automatic ? null : hook.name };
}

/** Distinguishes the two visits of a link between two hooks of one node. */
function isFirst(link: LinkState, node: Node, hookName: string): boolean {
  const [first, second] = link.ends;
  if (first.node !== second.node) return true;
  const peer = node.hooks.get(hookName)?.peer;
  return peer === null || peer === undefined || hookName <= peer.name;
}
