/**
 * The steps of nodes that one `each` declares, as one printed line.
 *
 * @module
 */

import type { Cost } from "../../graph/core/command.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { ConnectionEffect, Step } from "./step.ts";

/** The group of each expanded node, such as `game-*`, by the node's name. */
export type NodeGroups = ReadonlyMap<string, string>;

/** A printed line: a step, or the steps of a group. */
export interface PlanLine extends Pick<Step, "path" | "text" | "cause" | "cost" | "connections"> {
  /** The number of its first step, from 1. */
  readonly number: number;
}

interface Fold {
  readonly first: Step;
  readonly number: number;
  readonly nodes: Set<string>;
  readonly texts: Set<string>;
  readonly causes: Set<string>;
  readonly costs: Set<Cost | null>;
  /** By node: the effect on its connections stands at several of its steps. */
  readonly effects: Map<string, ConnectionEffect>;
  steps: number;
}

/** From the least to the most. */
const COSTS: readonly (Cost | null)[] = [null, "live", "new-connections", "replace"];

/** The groups of the nodes of a plan: those of the new state, and those of removed nodes. */
export function groupsOf(observed: GraphState, desired: GraphState): NodeGroups {
  const nodes = [...observed.nodes, ...desired.nodes];
  return new Map(nodes.flatMap(({ name, group }) => group === undefined ? [] : [[name, group] as const]));
}

/**
 * The lines of steps. Those that add, change or remove several nodes of a group are one line, at the place of the first.
 */
export function foldSteps(topology: string, steps: readonly Step[], groups: NodeGroups): readonly PlanLine[] {
  const folds = new Map<string, Fold>();
  const folded = foldedGroups(steps, groups);
  const lines = steps.flatMap((step, index): readonly (Fold | PlanLine)[] => {
    const group = step.node === null ? undefined : groups.get(step.node);
    const key = `${group} ${step.kind}`;
    if (!folded.has(key)) return [{ ...step, number: index + 1 }];
    const known = folds.get(key);
    const fold = known ?? newFold(step, index + 1);
    addStep(fold, step);
    if (known !== undefined) return [];
    folds.set(key, fold);
    return [fold];
  });
  return lines.map((line) => "nodes" in line ? lineOf(topology, line, groups) : line);
}

/** The groups with several nodes, by what is done to them. */
function foldedGroups(steps: readonly Step[], groups: NodeGroups): ReadonlySet<string> {
  const firsts = new Map<string, string>();
  const several = new Set<string>();
  for (const { node, kind } of steps) {
    const group = node === null ? undefined : groups.get(node);
    if (group === undefined || node === null) continue;
    const key = `${group} ${kind}`;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, node);
    else if (first !== node) several.add(key);
  }
  return several;
}

function newFold(first: Step, number: number): Fold {
  return {
    first,
    number,
    nodes: new Set(),
    texts: new Set(),
    causes: new Set(),
    costs: new Set(),
    effects: new Map(),
    steps: 0,
  };
}

function addStep(fold: Fold, { node, text, cause, cost, connections }: Step): void {
  fold.steps++;
  fold.texts.add(text);
  fold.causes.add(cause);
  fold.costs.add(cost);
  if (node === null) return;
  fold.nodes.add(node);
  if (connections !== null) fold.effects.set(node, connections);
}

function lineOf(topology: string, fold: Fold, groups: NodeGroups): PlanLine {
  const { first, number, nodes, steps, texts, causes, costs, effects } = fold;
  const [text = ""] = texts;
  const [cause = ""] = causes;
  const count = `${nodes.size.toLocaleString("en")} nodes`;
  const values = [...effects.values()];
  return {
    path: `${topology}/${groups.get(first.node ?? "") ?? ""}:`,
    number,
    text: texts.size === 1
      ? `${text} (${count})`
      : `${count}, ${steps.toLocaleString("en")} messages (plan --all prints each)`,
    cause: causes.size === 1 ? cause : "several causes",
    cost: COSTS.findLast((one) => costs.has(one)) ?? null,
    connections: values.length === 0 ? null : {
      kept: values.reduce((sum, { kept }) => sum + kept, 0),
      closed: values.reduce((sum, { closed }) => sum + closed, 0),
    },
  };
}
