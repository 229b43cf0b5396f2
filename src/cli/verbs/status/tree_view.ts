/**
 * Status as a tree: the topology, its nodes, their hooks and what they are joined to, and the copies of each template
 * folded into a count.
 *
 * ```text
 * web  generation 3  Synced  Healthy  web.yaml
 * ├─ front  ksocket  ready  inet/127.0.0.1:8080  12 connections
 * │  └─ inet/stream/tcp → session/tap  in 1.2 MiB  out 9.4 GiB
 * └─ session  template, 12 copies
 *    └─ session/tap  tee  ready
 *       └─ left → front  in 9.4 GiB  out 1.2 MiB
 * ```
 *
 * @module
 */

import { shownHooks } from "../../../reconcile/status/status_hook.ts";
import type { HookStatus, NodeStatus, TopologyStatus } from "../../../reconcile/status/status_types.ts";
import type { Section } from "./fit.ts";
import { formatBytes } from "../../../quantity.ts";
import { statusSection, type StatusStyle, TONES } from "./status_view.ts";

/** A line and what hangs below it. */
interface Branch {
  readonly line: string;
  readonly urgent: boolean;
  readonly below: readonly Branch[];
}

/** One topology as a tree, in parts, which can be hidden if there is no room. */
export function treeSection(topology: TopologyStatus, style: StatusStyle): Section {
  const { head, tail } = statusSection(topology, style);
  return { head, title: [], rows: draw(branchesOf(topology, style), ""), tail };
}

function draw(branches: readonly Branch[], indent: string): Section["rows"] {
  return branches.flatMap(({ line, urgent, below }, index) => {
    const last = index === branches.length - 1;
    const own = { line: `${indent}${last ? "└─" : "├─"} ${line}`, urgent };
    return [own, ...draw(below, `${indent}${last ? "   " : "│  "}`)];
  });
}

function branchesOf({ nodes }: TopologyStatus, style: StatusStyle): readonly Branch[] {
  const templates = new Map<string, NodeStatus[]>();
  for (const node of nodes) {
    const template = templateOf(node);
    if (template !== null) templates.set(template, [...templates.get(template) ?? [], node]);
  }
  const own = nodes.filter((node) => templateOf(node) === null).map((node) => nodeBranch(node, style));
  return [...own, ...[...templates].map(([name, copies]) => templateBranch(name, copies, style))];
}

/** `session` for a node named `session/upstream`: declared nodes have no slash. */
function templateOf({ name }: NodeStatus): string | null {
  const slash = name.indexOf("/");
  return slash < 0 ? null : name.slice(0, slash);
}

function templateBranch(name: string, nodes: readonly NodeStatus[], style: StatusStyle): Branch {
  const copies = Math.max(...nodes.map((node) => node.connections?.active ?? 0));
  const line = `${style.paint("strong", name)}  template, ${copies === 1 ? "1 copy" : `${copies} copies`}`;
  return { line, urgent: false, below: nodes.map((node) => nodeBranch(node, style)) };
}

function nodeBranch(node: NodeStatus, style: StatusStyle): Branch {
  const { name, type, state, local, peer } = node;
  const parts = [
    style.paint("strong", name),
    type,
    style.paint(TONES[state] ?? "warning", state),
    local ?? "",
    peer === null ? "" : `to ${peer}`,
    templateOf(node) === null ? connectionsOf(node) : "",
  ];
  const line = parts.filter((part) => part !== "").join("  ");
  return { line, urgent: state !== "ready", below: shownHooks(node).map((hook) => hookBranch(hook)) };
}

function connectionsOf({ connections }: NodeStatus): string {
  if (connections === null) return "";
  return connections.active === 1 ? "1 connection" : `${connections.active} connections`;
}

function hookBranch({ name, peer, in: inwards, out, dropped }: HookStatus): Branch {
  const lost = Object.entries(dropped).map(([reason, count]) => `${count} dropped (${reason})`);
  const joined = peer === null ? name : `${name} → ${peer}`;
  const parts = [joined, `in ${formatBytes(inwards.bytes)}`, `out ${formatBytes(out.bytes)}`, ...lost];
  return { line: parts.join("  "), urgent: false, below: [] };
}
