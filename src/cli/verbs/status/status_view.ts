/**
 * Status as a person reads it: a headline and a table a topology, then what is wrong with its nodes.
 *
 * @module
 */

import { carriedBy } from "../../../reconcile/status/status_hook.ts";
import type { NodeStatus, TopologyStatus } from "../../../reconcile/status/status_types.ts";
import { countsOf, type FoldedNodes, foldNodes, groupNotes, isFolded } from "./fold_nodes.ts";
import { fitSections, type Section } from "./fit.ts";
import { errorsOf, type LiveView } from "./live_view.ts";
import type { Tone } from "../../color.ts";
import { describeFault } from "../../../graph/data/fault.ts";
import type { RuleCounts } from "../../../graph/data/node_report.ts";
import { isShownTarget, type TargetReport } from "../../../graph/data/target_report.ts";
import type { Output } from "../../output.ts";
import { displayPath } from "../../paths.ts";
import { formatBytes, formatRate } from "../../../quantity.ts";
import { type Column, layOutTable } from "../../table.ts";
import { truncate, wrapPainted } from "../../width.ts";

/** The layout. */
export interface StatusStyle {
  readonly width: number;
  /** The user's working folder: sources below it are shown with relative paths. */
  readonly base: string;
  readonly now: Date;
  readonly paint: Output["paint"];
  /** Rates, order and selection, while the status is watched on a terminal. */
  readonly live?: LiveView;
}

const COLUMNS: readonly Column[] = [
  { title: "NODE", least: 6 },
  { title: "TYPE", least: 5, spare: 6 },
  { title: "STATE" },
  { title: "ADDRESS", least: 10, spare: 1, cut: "middle" },
  { title: "PEER", least: 8, spare: 5, cut: "middle" },
  { title: "ACTIVE", side: "end", spare: 2 },
  { title: "TOTAL", side: "end", spare: 4 },
  { title: "IN", side: "end", spare: 3 },
  { title: "OUT", side: "end", spare: 3 },
];

/** Beside them while the status is watched on a terminal. */
const LIVE_COLUMNS: { readonly into: Column; readonly out: Column; readonly line: Column } = {
  into: { title: "IN/S", side: "end" },
  out: { title: "OUT/S", side: "end" },
  line: { title: "LAST 16 S", spare: 7 },
};

/** Is there while the status is watched, where something was refused, dropped or failed. */
const ERRORS: Column = { title: "ERRORS", side: "end" };

/** Is there where something was dropped. */
const DROPPED: Column = { title: "DROPPED", side: "end" };

const STATE_COLUMN = 2;
const NOTHING = "-";
/** The mark before the rest of a line that was too long. */
const HANGING = "    ";
/** So many digits of a commit are shown. */
const COMMIT_DIGITS = 7;

/** The lines of one topology. */
export function statusLines(topology: TopologyStatus, style: StatusStyle): readonly string[] {
  return fitSections([statusSection(topology, style)], Infinity);
}

/** The same in parts, which can be hidden if there is no room. */
export function statusSection(topology: TopologyStatus, style: StatusStyle): Section {
  const { live } = style;
  const nodes = live?.ordered(topology) ?? topology.nodes;
  const more = moreColumns(topology, live);
  const columns = [...COLUMNS, ...more.map(({ column }) => column)];
  const mark = (node: NodeStatus) => live?.selected === `${topology.name}/${node.name}` ? "> " : "";
  const blank = more.map(() => NOTHING);
  // A node of a live view can be selected: each has its row.
  const shown = live === undefined ? foldNodes(nodes) : nodes;
  const cells = shown.flatMap((node) => {
    if (isFolded(node)) return [foldedRow(node, { hasDrops: more.length > 0 })];
    const [name = "", ...others] = rowOf(node, stateText(node, topology));
    return [
      [`${mark(node)}${name}`, ...others, ...more.map(({ cell }) => cell(node))],
      ...(node.targets ?? []).filter(isShownTarget).map((target) => [...targetRow(target), ...blank]),
      ...(node.connections?.byRule ?? []).map((rule) => [...ruleRow(rule), ...blank]),
    ];
  });
  const [header = "", ...lines] = layOutTable(columns, cells, { width: style.width });
  const rows = lines.map((line, index): Section["rows"][number] => {
    const state = cells[index]?.[STATE_COLUMN] ?? "";
    return { line: paintState(line, state, style), urgent: !CALM.has(state) || line.startsWith("> ") };
  });
  const title = nodes.length === 0 ? [] : [style.paint("faint", header)];
  const tail = problemLines(topology, style).flatMap((line) => wrapPainted(line, style.width, HANGING));
  return { head: [headline(topology, style)], title, rows, tail };
}

interface MoreColumn {
  readonly column: Column;
  readonly cell: (node: NodeStatus) => string;
}

/** The columns after the usual ones. */
function moreColumns({ name, nodes }: TopologyStatus, live: LiveView | undefined): readonly MoreColumn[] {
  if (live === undefined) {
    const hasDrops = nodes.some((node) => droppedBy(node) > 0);
    return hasDrops ? [{ column: DROPPED, cell: (node) => String(droppedBy(node)) }] : [];
  }
  const { into, out, line } = LIVE_COLUMNS;
  const rates: readonly MoreColumn[] = [
    { column: into, cell: (node) => formatRate(live.rateOf(name, node).in) },
    { column: out, cell: (node) => formatRate(live.rateOf(name, node).out) },
    { column: line, cell: (node) => live.rateOf(name, node).line || NOTHING },
  ];
  const hasErrors = nodes.some((node) => errorsOf(node) > 0);
  return hasErrors ? [...rates, { column: ERRORS, cell: (node) => String(errorsOf(node)) }] : rates;
}

function headline(topology: TopologyStatus, style: StatusStyle): string {
  const { name, generation, sync, health, source } = topology;
  const standing = standingOf(topology);
  const plain = [name, `generation ${generation}`, sync, health, ...standing.map(({ word }) => word)].join("  ");
  const place = placeOf(source, style);
  const room = Math.max(0, style.width - plain.length - 2);
  const parts = [
    style.paint("strong", name),
    `generation ${generation}`,
    style.paint(sync === "Synced" ? "good" : "warning", sync),
    style.paint(TONES[health] ?? "warning", health),
    ...standing.map(({ word, tone }) => style.paint(tone, word)),
    truncate(place, room),
  ];
  return parts.join("  ").trimEnd();
}

/** Its source; for a repository the commit first, which a narrow terminal shows too. */
function placeOf({ kind, location, revision }: TopologyStatus["source"], { base }: StatusStyle): string {
  switch (kind) {
    case "file":
      return displayPath(base, location);
    case "url":
      return location;
    case "git":
      return revision === null ? location : `${revision.slice(0, COMMIT_DIGITS)} ${location}`;
    default:
      return `<${kind}>`;
  }
}

/** The problem of a topology whose running nodes may all work. */
function standingOf({ conditions, confirmUntil }: TopologyStatus): readonly { word: string; tone: Tone }[] {
  const stalled = conditions.some(({ type, status }) => type === "Stalled" && status === "True");
  return [
    ...stalled ? [{ word: "Stalled", tone: "bad" as const }] : [],
    ...confirmUntil === null ? [] : [{ word: "Unconfirmed", tone: "warning" as const }],
  ];
}

/** The colours of states and health; all others are warnings. */
export const TONES: Readonly<Record<string, Tone>> = {
  Healthy: "good",
  Degraded: "bad",
  Missing: "bad",
  ready: "good",
  up: "good",
  down: "bad",
  unknown: "faint",
  degraded: "bad",
  failed: "bad",
};

/** States of nodes and targets that need no attention. */
const CALM: ReadonlySet<string> = new Set(["ready", "up", "unknown", NOTHING]);

/** The state of a node; one that was removed manually is missing. */
function stateText({ id, state }: NodeStatus, { health }: TopologyStatus): string {
  return id === null && state === "pending" && health === "Missing" ? "missing" : state;
}

function rowOf(node: NodeStatus, state: string): readonly string[] {
  const { connections } = node;
  const carried = carriedBy(node);
  return [
    node.name,
    node.type,
    state,
    node.local ?? NOTHING,
    node.peer ?? NOTHING,
    connections === null ? NOTHING : String(connections.active),
    connections === null ? NOTHING : String(connections.total),
    formatBytes(carried.in.bytes),
    formatBytes(carried.out.bytes),
  ];
}

/** Several nodes of an `each`. */
function foldedRow(folded: FoldedNodes, { hasDrops }: { readonly hasDrops: boolean }): readonly string[] {
  const { group, nodes } = folded;
  const [{ type, state, connections, local }] = nodes;
  const { active, total, bytesIn, bytesOut } = countsOf(folded);
  const counts = connections === null ? [NOTHING, NOTHING] : [String(active), String(total)];
  const name = `${group} (${nodes.length} nodes)`;
  const dropped = nodes.reduce((sum, node) => sum + droppedBy(node), 0);
  const address = local === null ? NOTHING : `${local} and ${nodes.length - 1} more`;
  const row = [name, type, state, address, NOTHING, ...counts, formatBytes(bytesIn), formatBytes(bytesOut)];
  return hasDrops ? [...row, String(dropped)] : row;
}

/** A target below its node. */
function targetRow({ name, address, state, active, total, backup }: TargetReport): readonly string[] {
  const row = [`  ${name === address ? NOTHING : name}`, backup ? "backup" : "target", state, address, NOTHING];
  return [...row, String(active), String(total), NOTHING, NOTHING];
}

/** A rule below its listener. */
function ruleRow({ rule, active, total }: RuleCounts): readonly string[] {
  return [`  ${rule}`, "rule", NOTHING, NOTHING, NOTHING, String(active), String(total), NOTHING, NOTHING];
}

/** The number of items that a node has dropped. */
function droppedBy(node: NodeStatus): number {
  return Object.values(carriedBy(node).dropped).reduce((sum, count) => sum + count, 0);
}

/** Colours the state in a line after its layout, because colours need no columns. */
function paintState(line: string, state: string, { paint }: StatusStyle): string {
  const tone = TONES[state] ?? "warning";
  return line.replace(` ${state} `, () => ` ${paint(tone, state)} `);
}

/** The faults of a node beside its problem: one of its clients does not hide one of its certificates. */
export function otherFaults({ error, faults }: NodeStatus): readonly string[] {
  return faults.map(describeFault).filter((text) => text !== error?.message);
}

function problemLines(topology: TopologyStatus, style: StatusStyle): readonly string[] {
  const lines = topology.nodes.flatMap((node) => {
    const retry = node.nextRetryAt === null ? "" : `; next attempt ${inTime(new Date(node.nextRetryAt), style.now)}`;
    const error = node.error === null ? [] : [`  ${node.name}: ${style.paint("bad", node.error.message)}${retry}`];
    const draining = node.state === "draining" ? [`  ${node.name}: draining, accepts no new connections`] : [];
    const others = otherFaults(node).map((text) => `  ${node.name}: ${style.paint("bad", text)}`);
    return [
      ...error,
      ...draining,
      ...others,
      ...node.group === undefined ? node.notes.map((note) => noteLine(node.name, note, style)) : [],
    ];
  });
  const orphaned = topology.orphaned === true && topology.confirmUntil === null
    ? [
      `  ${style.paint("warning", "no longer in its source")}: "sockgraph down ${topology.name}" or --prune removes it`,
    ]
    : [];
  const held = topology.heldBack === true
    ? [
      `  ${style.paint("warning", "suspended, a change is held back")}: "sockgraph resume ${topology.name}" applies it`,
    ]
    : [];
  const drift = topology.drift === null ? [] : [`  ${style.paint("warning", driftText(topology))}`];
  return [
    ...lines,
    ...groupNotes(topology.nodes).map(({ name, note }) => noteLine(name, note, style)),
    ...generationLines(topology, style),
    ...orphaned,
    ...held,
    ...drift,
    ...conditionLines(topology, style),
    ...awaitingLines(topology, style),
  ];
}

function noteLine(name: string, note: string, { paint }: StatusStyle): string {
  return `  ${name}: ${paint("faint", note)}`;
}

function driftText({ drift, driftEffect, driftOthers = 0 }: TopologyStatus): string {
  const what = driftEffect === undefined ? `${drift}` : `${drift}: ${driftEffect} manually`;
  return `differs at ${withOtherPlaces(what, driftOthers)}`;
}

/** A place and the number of other places: `nodes.front and at 2 other places`. */
export function withOtherPlaces(place: string, others: number): string {
  return others === 0 ? place : `${place} and at ${others} other place${others === 1 ? "" : "s"}`;
}

/** Why a topology is Stalled or a link of it is down, unless the line of a node has the same text. */
function conditionLines({ nodes, conditions }: TopologyStatus, { paint }: StatusStyle): readonly string[] {
  const known = nodes.flatMap(({ error }) => error === null ? [] : [error.message]);
  return conditions.flatMap(({ type, status, reason, message }): readonly string[] => {
    if (type === "Ready" && status === "False" && reason === "LinkDown") return [`  ${paint("bad", message)}`];
    if (type !== "Stalled" || status !== "True") return [];
    const repeats = reason === "NodeFailed" ? known.length > 0 : known.includes(message);
    return repeats ? [] : [`  ${paint("bad", "Stalled")}: ${message}`];
  });
}

/** The generations of connections, if they are not just the last one that changed their listener. */
function generationLines({ nodes, outliving = {} }: TopologyStatus, { paint }: StatusStyle): readonly string[] {
  const lines = nodes.flatMap(({ name, connections }) => {
    const counts = connections?.byGeneration ?? {};
    return Object.keys(counts).length < 2 ? [] : [`${name}: connections of ${generationCounts(counts)}`];
  });
  const left = Object.keys(outliving).length === 0
    ? []
    : [`connections whose listener was replaced or removed, of ${generationCounts(outliving)}`];
  return [...lines, ...left].map((line) => `  ${paint("faint", line)}`);
}

/** `generation 2: 12, generation 3: 4` */
function generationCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([generation, count]) => `generation ${generation}: ${count}`).join(", ");
}

function awaitingLines({ name, confirmUntil, orphaned }: TopologyStatus, style: StatusStyle): readonly string[] {
  if (confirmUntil === null) return [];
  const when = `${confirmUntil} (${inTime(new Date(confirmUntil), style.now)})`;
  const what = orphaned === true ? "its removal awaits confirmation" : "awaits confirmation";
  const keeps = orphaned === true ? "keeps it removed" : "keeps it";
  return [`  ${style.paint("warning", `${what} until ${when}`)}: "sockgraph confirm ${name}" ${keeps}`];
}

function inTime(then: Date, now: Date): string {
  const seconds = Math.ceil((then.getTime() - now.getTime()) / 1_000);
  return seconds <= 0 ? "now" : `in ${seconds}s`;
}

/** True when a topology is Ready, and neither Degraded nor Stalled. */
export function isWell({ conditions, health }: TopologyStatus): boolean {
  const ready = conditions.some(({ type, status }) => type === "Ready" && status === "True");
  const stalled = conditions.some(({ type, status }) => type === "Stalled" && status === "True");
  return ready && health !== "Degraded" && !stalled;
}
