/**
 * A plan as text and as JSON.
 *
 * @module
 */

import { runSync, type Task } from "../../cooperative.ts";
import type { Plan, PlanHead } from "./plan.ts";
import type { Cost } from "../../graph/core/command.ts";
import { foldSteps, type PlanLine } from "./plan_fold.ts";
import type { ConnectionEffect, Step, StepKind } from "./step.ts";
import type { PlanSummary } from "./summary.ts";

/** A plan as JSON. */
export interface PlanJson extends PlanHead {
  /** The version of this shape. */
  readonly formatVersion: 1;
  /** The steps, in order; empty if nothing changes. */
  readonly steps: readonly StepJson[];
}

/** One printed step as JSON. */
export interface StepJson {
  /** Counted from 1, as printed. */
  readonly number: number;
  /** The node that receives the message: `web/front:`. */
  readonly path: string;
  /** The printed short form. */
  readonly text: string;
  /** The control message as sent. */
  readonly message: { readonly command: string; readonly argument: string | null };
  /** Its effect on the topology. */
  readonly kind: Exclude<StepKind, "silent">;
  /** The declared node concerned; null for the topology itself. */
  readonly node: string | null;
  /** The cause, as text. */
  readonly cause: string;
  /** The cost; null if there is none. */
  readonly cost: Cost | null;
  /** Its effect on open connections; null if it concerns none. */
  readonly connections: ConnectionEffect | null;
}

/** Columns have the same width in all plans, unless a line needs more. */
const TEXT_WIDTH = 47;
const CAUSE_WIDTH = 26;
const MAX_TEXT_WIDTH = 80;

/** True for a plan with changes. */
export function changesAnything({ fromGeneration, toGeneration, steps }: PlanJson): boolean {
  return steps.length > 0 || fromGeneration !== toGeneration;
}

/** The printed steps. */
export function printedSteps(plan: Plan): readonly Step[] {
  return plan.steps.filter((step) => step.kind !== "silent");
}

/** A plan as text, without a newline at its end. */
export function formatPlan(plan: Plan): string {
  return runSync(formatting(plan));
}

/** A plan as JSON and as text, as a task. */
export function* renderPlanTask(plan: Plan): Task<{ readonly plan: PlanJson; readonly text: string }> {
  return { plan: yield* describing(plan), text: yield* formatting(plan) };
}

function* formatting(plan: Plan): Task<string> {
  const { topology, groups } = plan;
  const shown = printedSteps(plan);
  const folded: readonly PlanLine[] = groups === undefined
    ? shown.map((step, index) => ({ ...step, number: index + 1 }))
    : foldSteps(topology, shown, groups);
  return yield* layingOut(plan, folded);
}

/** All steps of a plan as text, also those of nodes that one `each` declares. */
export function formatAllSteps(plan: PlanJson): string {
  return runSync(layingOut(plan, plan.steps));
}

function* layingOut(head: PlanHead, shown: readonly PlanLine[]): Task<string> {
  const { topology, fromGeneration, toGeneration, summary, closedQueues } = head;
  if (toGeneration === fromGeneration) return `${topology}: generation ${fromGeneration}\nNo changes.`;
  const title = `${topology}: generation ${fromGeneration} → ${toGeneration === 0 ? "removed" : toGeneration}`;
  const lines = yield* formatSteps(shown);
  return [title, ...lines, formatSummary(summary), ...formatQueues(closedQueues)].join("\n");
}

/** The system does not report the number of connections that wait to be accepted. */
function formatQueues(closedQueues: readonly string[]): readonly string[] {
  if (closedQueues.length === 0) return [];
  const names = closedQueues.map((name) => `"${name}"`).join(", ");
  return [`Connections in the accept queue of ${names} are closed; they are not counted above.`];
}

/** `1 to change, 1 to add, 1 to remove. 12 connections kept, 0 closed.` */
export function formatSummary(summary: PlanSummary): string {
  const { add, change, remove, kept, closed } = summary;
  return `${change} to change, ${add} to add, ${remove} to remove. ${formatConnections(kept)} kept, ${closed} closed.`;
}

/** A plan as plain data, for `-o json`. */
export function planToJson(plan: Plan): PlanJson {
  return runSync(describing(plan));
}

function* describing(plan: Plan): Task<PlanJson> {
  const { topology, fromGeneration, toGeneration, summary, closedQueues } = plan;
  const steps: StepJson[] = [];
  for (const { path, text, command, argument, kind, node, cause, cost, connections } of plan.steps) {
    yield;
    if (kind === "silent") continue;
    const message = { command, argument };
    steps.push({ number: steps.length + 1, path, text, message, kind, node, cause, cost, connections });
  }
  return { formatVersion: 1, topology, fromGeneration, toGeneration, steps, summary, closedQueues };
}

function* formatSteps(steps: readonly PlanLine[]): Task<readonly string[]> {
  const numbers = String(steps.at(-1)?.number ?? 0).length;
  // If everything is new, the last line says it once.
  const allNew = steps.every(({ cause, cost, connections }) => {
    return cause === "added" && cost === null && connections === null;
  });
  const widths = { path: 0, text: TEXT_WIDTH, cause: CAUSE_WIDTH };
  for (const step of steps) {
    widths.path = Math.max(widths.path, shortPath(step).length);
    if (step.text.length <= MAX_TEXT_WIDTH) widths.text = Math.max(widths.text, step.text.length);
    if (step.cause.length <= MAX_TEXT_WIDTH) widths.cause = Math.max(widths.cause, step.cause.length);
    yield;
  }
  const lines: string[] = [];
  for (const step of steps) {
    const number = String(step.number).padStart(numbers);
    const what = `${shortPath(step).padEnd(widths.path)} ${step.text.padEnd(widths.text)}`;
    const why = allNew ? "" : `  ${step.cause.padEnd(widths.cause)}  ${formatCost(step)}`;
    lines.push(`  ${number}  ${what}${why}`.trimEnd());
    yield;
  }
  return lines;
}

/** The scope itself is `web/`: it is printed without its colon, which would look like part of a name. */
function shortPath(step: PlanLine): string {
  return step.path.endsWith("/:") ? step.path.slice(0, -1) : step.path;
}

function formatCost(step: PlanLine): string {
  const effect = step.connections === null ? null : formatEffect(step.connections, step.cost);
  return [step.cost, effect].filter((part) => part !== null).join(", ");
}

function formatEffect({ closed, kept }: ConnectionEffect, cost: Cost | null): string {
  const ends = cost === null || cost === "replace";
  if (!ends) return `${formatConnections(kept)} kept`;
  if (kept === 0) return `${formatConnections(closed)} closed`;
  return `${formatConnections(kept)} kept, ${closed} closed`;
}

/** `; 3 connections closed`, if there were any. */
export function formatClosed(connections: number): string {
  return connections === 0 ? "" : `; ${formatConnections(connections)} closed`;
}

/** `1 connection`, `2 connections`. */
export function formatConnections(connections: number): string {
  return connections === 1 ? "1 connection" : `${connections} connections`;
}
