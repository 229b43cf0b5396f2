/**
 * One node in full: what it is, what it was sent, its hooks, and why things ended there.
 *
 * @module
 */

import { shownHooks } from "../../../reconcile/status/status_hook.ts";
import type { NodeStatus, TopologyStatus } from "../../../reconcile/status/status_types.ts";
import type { Section } from "./fit.ts";
import { formatBytes, formatRate } from "../../../quantity.ts";
import { otherFaults, type StatusStyle, TONES } from "./status_view.ts";
import { type Column, layOutTable } from "../../table.ts";
import { wrapPainted } from "../../width.ts";

const MESSAGES: readonly Column[] = [{ title: "MESSAGE", least: 10, cut: "middle" }, { title: "STATE" }, {
  title: "REPLY",
  least: 8,
  cut: "middle",
}];
const HOOKS: readonly Column[] = [
  { title: "HOOK", least: 8, cut: "middle" },
  { title: "PEER", least: 6, cut: "middle" },
  { title: "IN", side: "end" },
  { title: "ITEMS", side: "end", spare: 2 },
  { title: "OUT", side: "end" },
  { title: "ITEMS", side: "end", spare: 2 },
  { title: "DROPPED", least: 7, spare: 1 },
];

/** One of a topology's nodes, in parts, which can be hidden if there is no room. */
export function nodeSection(topology: TopologyStatus, node: NodeStatus, style: StatusStyle): Section {
  const { messages } = node;
  const facts = [...rateLines(topology, node, style), ...factsOf(node, style)].flatMap((line) =>
    wrapPainted(`  ${line}`, style.width, "    ")
  )
    .map((line) => ({ line, urgent: true }));
  const sent = messages.map(({ message, state, reply }) => [message, state, reply ?? ""]);
  const joined = shownHooks(node).map(({ name, peer, in: inwards, out, dropped }) => [
    name,
    peer ?? "-",
    formatBytes(inwards.bytes),
    String(inwards.items),
    formatBytes(out.bytes),
    String(out.items),
    countsOf(dropped),
  ]);
  const tables = [...tableOf(MESSAGES, sent, style), ...tableOf(HOOKS, joined, style)];
  const rows = [...facts, ...tables.map((line) => ({ line: `  ${line}`, urgent: false }))];
  return { head: wrapPainted(headline(topology, node, style), style.width, "    "), title: [], rows, tail: [] };
}

function headline(topology: TopologyStatus, node: NodeStatus, style: StatusStyle): string {
  const { name, id, type, hook, state } = node;
  const parts = [
    style.paint("strong", `${topology.name}/${name}`),
    hook === null ? type : `${type} ${hook}`,
    style.paint(TONES[state] ?? "warning", state),
    id === null ? "" : `[${id}]:`,
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function factsOf(node: NodeStatus, style: StatusStyle): readonly string[] {
  const { local, peer, generation, restarts, nextRetryAt, connections, reasons, error, notes } = node;
  const where = [local === null ? "" : `at ${local}`, peer === null ? "" : `to ${peer}`].filter((part) => part !== "");
  const times = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  const next = nextRetryAt === null ? "" : `, next attempt at ${nextRetryAt}`;
  return [
    ...error === null ? [] : [style.paint("bad", error.message)],
    ...otherFaults(node).map((text) => style.paint("bad", text)),
    [...where, `created in generation ${generation}`, `${times}${next}`].join(", "),
    ...connections === null ? [] : [connectionsLine(connections)],
    ...(connections?.byRule ?? []).map(({ rule, active, total }) => `rule ${rule}: ${active} active, ${total} total`),
    ...Object.keys(reasons).length === 0 ? [] : [`closed or dropped: ${countsOf(reasons)}`],
    ...notes.map((note) => style.paint("faint", note)),
  ];
}

/** The rate of now, while the status is watched. */
function rateLines(
  { name }: TopologyStatus,
  node: NodeStatus,
  { live }: StatusStyle,
): readonly string[] {
  if (live === undefined) return [];
  const rate = live.rateOf(name, node);
  const text = `rate: ${formatRate(rate.in)} in, ${formatRate(rate.out)} out`;
  return [rate.line === "" ? text : `${text}  ${rate.line}`];
}

function connectionsLine({ active, total, refused, byGeneration }: NonNullable<NodeStatus["connections"]>): string {
  const since = Object.entries(byGeneration).map(([generation, count]) => `generation ${generation}: ${count}`);
  const which = since.length === 0 ? "" : ` (${since.join(", ")})`;
  return `connections: ${active} active${which}, ${total} total, ${refused} refused`;
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([reason, count]) => `${reason} ${count}`).join(", ");
}

function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paint }: StatusStyle,
): readonly string[] {
  if (rows.length === 0) return [];
  const [title = "", ...lines] = layOutTable(columns, rows, { width: width - 2 });
  return [paint("faint", title), ...lines];
}
