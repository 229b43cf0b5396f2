/**
 * The differences between two topologies, node by node. A pure function: the same two states always have the same
 * differences, and a state does not differ from itself.
 *
 * @module
 */

import type { GraphState, LinkState, ManualLink, NodeState, TemplateState } from "../../graph/data/state.ts";
import { forEachInTurn, runSync, type Task } from "../../cooperative.ts";
import { compareLinkSets } from "./diff_links.ts";
import { compareNodes, type Formers, type MessageChange } from "./diff_node.ts";
import type { TypeTable } from "./facts.ts";
import { applyRenames, closeExchanges, findingRenames } from "./renames.ts";

/** The change of a node. */
export type NodeChange =
  | { readonly kind: "add"; readonly node: NodeState }
  | { readonly kind: "remove"; readonly node: NodeState }
  | { readonly kind: "rename"; readonly from: string; readonly node: NodeState }
  | { readonly kind: "replace"; readonly from: NodeState; readonly node: NodeState; readonly cause: string }
  | {
    readonly kind: "update";
    readonly node: NodeState;
    readonly messages: readonly MessageChange[];
    readonly restart: boolean;
  };

/** The change of a template. */
export type TemplateChange =
  | { readonly kind: "add"; readonly template: TemplateState }
  | { readonly kind: "change"; readonly template: TemplateState }
  | { readonly kind: "remove"; readonly template: TemplateState };

/** All differences. Unchanged nodes are not included. */
export interface GraphDiff {
  /** In the order of the desired state, then the removed ones in theirs. */
  readonly nodes: readonly NodeChange[];
  readonly make: readonly LinkState[];
  readonly part: readonly LinkState[];
  readonly templates: readonly TemplateChange[];
  /** Manual links to remove; those of nodes that end are removed with them. */
  readonly manual: readonly ManualLink[];
  /** True when the description differs. */
  readonly description: boolean;
}

/** The facts for a comparison. */
export interface DiffOptions {
  readonly types: TypeTable;
  /** Nodes that to recreate although they are unchanged, with the cause. */
  readonly replace?: ReadonlyMap<string, string>;
  /** The reset values of settings, by the node's observed name; by default only a type's defaults are used. */
  readonly formers?: FormerTable;
}

/** The reset values of settings, by node. */
export type FormerTable = ReadonlyMap<string, Formers>;

/** Compares the observed state with the desired one. */
export function diffStates(observed: GraphState, desired: GraphState, options: DiffOptions): GraphDiff {
  return runSync(diffTask(observed, desired, options));
}

/** The same as a task. */
export function* diffTask(observed: GraphState, desired: GraphState, options: DiffOptions): Task<GraphDiff> {
  const renames = yield* findingRenames(options.types, observed, desired);
  for (;;) {
    const { diff, recreatedNames } = yield* comparingUnder(renames, { observed, desired }, options);
    if (recreatedNames.length === 0) return diff;
    // A renamed node that must be recreated is simply another node, so its references do not just change their names.
    for (const name of recreatedNames) renames.delete(name);
    closeExchanges(renames, new Set(observed.nodes.map(({ name }) => name)));
  }
}

/** The same under new names; and those whose nodes must be recreated. */
function* comparingUnder(
  renames: ReadonlyMap<string, string>,
  { observed, desired }: { readonly observed: GraphState; readonly desired: GraphState },
  options: DiffOptions,
): Task<{ readonly diff: GraphDiff; readonly recreatedNames: readonly string[] }> {
  const renamed = applyRenames(observed, renames);
  yield;
  const before = yield* byName(renamed.nodes);
  const after = yield* byName(desired.nodes);
  const staying = new Set<string>();
  yield* forEachInTurn(desired.nodes, ({ name }) => before.has(name) && staying.add(name));
  const { updates, replaced } = yield* compareStaying(before, { desired, renames }, options);
  const links = yield* compareLinkSets(renamed, desired, {
    staying,
    replaced,
    hookDecides: (name) => isHook(options.types, before.get(name)) || isHook(options.types, after.get(name)),
  });
  yield;
  const kept = new Set((desired.manual ?? []).map(manualKey));
  const manual = (renamed.manual ?? []).filter((link) => {
    const stays = link.template !== null || (staying.has(link.node) && !replaced.has(link.node));
    return stays && !kept.has(manualKey(link));
  });
  const recreatedNames = [...renames.keys()].filter((name) => replaced.has(name));
  const nodes: NodeChange[] = [];
  yield* forEachInTurn(desired.nodes, (node) => {
    nodes.push(...changesOf(node, { from: before.get(node.name), renames, replaced, updates }));
  });
  yield* forEachInTurn(renamed.nodes, (node) => {
    if (!after.has(node.name)) nodes.push({ kind: "remove", node });
  });
  const diff = {
    nodes,
    make: links.make,
    part: links.part,
    templates: diffTemplates(observed.templates, desired.templates),
    manual,
    description: observed.description !== desired.description,
  };
  return { diff, recreatedNames };
}

function* byName(nodes: readonly NodeState[]): Task<ReadonlyMap<string, NodeState>> {
  const named = new Map<string, NodeState>();
  yield* forEachInTurn(nodes, (node) => named.set(node.name, node));
  return named;
}

/** The facts about the existing nodes. */
interface Known {
  readonly from: NodeState | undefined;
  readonly renames: ReadonlyMap<string, string>;
  readonly replaced: ReadonlyMap<string, string>;
  readonly updates: ReadonlyMap<string, NodeChange>;
}

function changesOf(node: NodeState, { from, renames, replaced, updates }: Known): readonly NodeChange[] {
  if (from === undefined) return [{ kind: "add", node }];
  const oldName = renames.get(node.name);
  const cause = replaced.get(node.name);
  if (cause !== undefined) return [{ kind: "replace", from, node, cause }];
  const rename: NodeChange[] = oldName === undefined ? [] : [{ kind: "rename", from: oldName, node }];
  const update = updates.get(node.name);
  return update === undefined ? rename : [...rename, update];
}

/** True when nothing differs. */
export function isEmptyDiff(diff: GraphDiff): boolean {
  const { nodes, make, part, templates, manual, description } = diff;
  return nodes.length + make.length + part.length + templates.length + manual.length === 0 && !description;
}

function* compareStaying(
  before: ReadonlyMap<string, NodeState>,
  { desired, renames }: { desired: GraphState; renames: ReadonlyMap<string, string> },
  options: DiffOptions,
): Task<{ updates: ReadonlyMap<string, NodeChange>; replaced: Map<string, string> }> {
  const updates = new Map<string, NodeChange>();
  const replaced = new Map<string, string>();
  for (const node of desired.nodes) {
    yield;
    const from = before.get(node.name);
    if (from === undefined) continue;
    const asked = options.replace?.get(node.name);
    const formers = options.formers?.get(renames.get(node.name) ?? node.name);
    const outcome = asked === undefined
      ? compareNodes(options.types, { observed: from, desired: node }, formers)
      : null;
    if (asked !== undefined) replaced.set(node.name, asked);
    if (outcome?.kind === "replace") replaced.set(node.name, outcome.cause);
    if (outcome?.kind === "update") updates.set(node.name, { ...outcome, node });
  }
  return { updates, replaced };
}

function diffTemplates(observed: readonly TemplateState[], desired: readonly TemplateState[]): TemplateChange[] {
  const before = new Map(observed.map((template) => [template.name, template]));
  const after = new Set(desired.map((template) => template.name));
  const set = desired.flatMap((template): TemplateChange[] => {
    const from = before.get(template.name);
    if (from === undefined) return [{ kind: "add", template }];
    return templateText(from) === templateText(template) ? [] : [{ kind: "change", template }];
  });
  const removed = observed.filter((template) => !after.has(template.name));
  return [...set, ...removed.map((template): TemplateChange => ({ kind: "remove", template }))];
}

/** A text that is equal for equal templates, regardless of the order of their fields. */
function templateText(template: TemplateState): string {
  const { name, parameters, entry, nodes, links } = template;
  return JSON.stringify([
    name,
    parameters.map((parameter) => [parameter.name, parameter.value]),
    [entry.node, entry.hook],
    nodes.map((node) => [
      [node.name, node.type, node.hook, node.restart],
      node.messages.map((message) => [message.command, message.argument]),
    ]),
    links.map(({ ends }) => ends.map((end) => [end.node, end.hook])),
  ]);
}

function manualKey({ node, hook, peer }: ManualLink): string {
  return `${node}:${hook} ${peer}`;
}

function isHook(types: TypeTable, node: NodeState | undefined): boolean {
  return node !== undefined && types.get(node.type)?.hookDecides === true;
}
