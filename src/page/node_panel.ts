/**
 * The selected node in detail: its state, five minutes of its rate, messages, hooks, targets and reasons.
 *
 * @module
 */

import { formatBytes } from "../quantity.ts";
import { shownHooks } from "../reconcile/status/status_hook.ts";
import type { NodeStatus } from "../reconcile/status/status_types.ts";
import { type Child, element, table } from "./elements.ts";
import { plot } from "./plot.ts";
import type { NodeView } from "./store.ts";
import { countsText } from "./texts.ts";

/** Shows a node, or what to do to see one. */
export function nodeDetail(node: NodeView | null, now: number): readonly Node[] {
  if (node === null) return [element("p", { class: "faint" }, ["Select a node in the graph"])];
  const { status, meter } = node;
  return [
    element("div", { id: "plot" }, [plot(meter.samples, now)]),
    factsOf(status),
    ...problemsOf(status),
    ...messagesOf(status),
    ...targetsOf(status),
    ...hooksOf(status),
  ];
}

function factsOf(status: NodeStatus): HTMLElement {
  const { connections } = status;
  const facts: readonly (readonly [string, string | null])[] = [
    ["type", [status.type, status.hook ?? ""].join(" ").trim()],
    ["state", status.state],
    ["id", status.id],
    ["generation", String(status.generation)],
    ["address", status.local],
    ["peer", status.peer],
    [
      "connections",
      connections === null
        ? null
        : `${connections.active} active, ${connections.total} total, ${connections.refused} refused`,
    ],
    ["restarts", status.restarts === 0 ? null : String(status.restarts)],
    ["next retry", status.nextRetryAt],
    ["reasons", countsText(status.reasons) || null],
  ];
  return element(
    "dl",
    {},
    facts.flatMap(([name, value]) => value === null ? [] : [element("dt", {}, [name]), element("dd", {}, [value])]),
  );
}

function problemsOf({ error, faults, notes }: NodeStatus): readonly HTMLElement[] {
  const lines: readonly HTMLElement[] = [
    ...error === null || faults.some(({ message }) => message === error.message)
      ? []
      : [element("p", { class: "bad" }, [error.message])],
    ...faults.map(({ message, count }) => element("p", { class: "bad" }, [`${message} (${count} in a row)`])),
    ...notes.map((note) => element("p", { class: "faint" }, [note])),
  ];
  return lines;
}

function messagesOf({ messages }: NodeStatus): readonly HTMLElement[] {
  if (messages.length === 0) return [];
  const items = messages.map(({ message, state, reply }) => {
    const children: Child[] = [element("code", {}, [message]), " ", element("span", { class: toneOf(state) }, [state])];
    if (reply !== null) children.push(element("div", { class: "faint" }, [`→ ${reply}`]));
    return element("li", {}, children);
  });
  return [element("h3", {}, ["Messages"]), element("ol", {}, items)];
}

function targetsOf({ targets = [] }: NodeStatus): readonly HTMLElement[] {
  if (targets.length === 0) return [];
  const rows = targets.map(({ name, state, active, total, failed, error }) => [
    name,
    element("span", { class: toneOf(state) }, [state]),
    `${active} / ${total}`,
    `${failed}${error === null ? "" : ` ${error.message}`}`,
  ]);
  const list = table("Targets", ["Target", "State", "Active / total", "Failed"], rows);
  list.className = "targets";
  return [element("h3", {}, ["Targets"]), list];
}

function hooksOf(status: NodeStatus): readonly HTMLElement[] {
  const rows = shownHooks(status).map((hook) => [
    hook.peer === null ? hook.name : `${hook.name} – ${hook.peer}`,
    formatBytes(hook.in.bytes),
    formatBytes(hook.out.bytes),
    countsText(hook.dropped) || "0",
  ]);
  return rows.length === 0
    ? []
    : [element("h3", {}, ["Hooks"]), table("Hooks", ["Hook", "In", "Out", "Dropped"], rows)];
}

function toneOf(state: string): string {
  if (["failed", "down"].includes(state)) return "bad";
  return ["done", "up", "unverified"].includes(state) ? "good" : "warn";
}
