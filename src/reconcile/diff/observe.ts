/**
 * The running state, in the same form as the state of a file.
 *
 * A node whose bring-up stopped (a failed connect or socket) has not accepted all of its messages yet. As long as it
 * agrees with its desired state, it counts as that state: it is converging, and not different.
 *
 * @module
 */

import type { GraphPort } from "../../graph/port/port.ts";
import type { NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import {
  compareLinks,
  emptyState,
  type GraphState,
  type LinkState,
  type MessageState,
  type NodeState,
} from "../../graph/data/state.ts";
import { forEachInTurn, type Pace, runCooperatively, runSync, type Task } from "../../cooperative.ts";
import type { FormerTable } from "./diff.ts";
import { linkKey } from "./diff_links.ts";
import { sameMessages } from "./diff_node.ts";
import { type TypeTable, viewMessages } from "./facts.ts";

/** The input of an observation beside the running state. */
export interface ObserveOptions {
  readonly types: TypeTable;
  /** The desired state of the nodes; null if it is unknown. */
  readonly expected: GraphState | null;
  /** Nodes that wait for another node's replies: they have not accepted all of their messages yet. */
  readonly waiting?: ReadonlySet<string>;
}

/** The running state of the scope; an empty topology if there is none. */
export async function observe(port: GraphPort, scope: string, options: ObserveOptions & Pace): Promise<GraphState> {
  const snapshot = await port.snapshot(scope);
  return snapshot === null ? emptyState(scope) : await runCooperatively(observeTask(snapshot, options), options);
}

/** The state of a running scope. Nodes without a name, and those that other nodes created, are not part of it. */
export function stateOf(snapshot: ScopeSnapshot, options: ObserveOptions): GraphState {
  return runSync(observeTask(snapshot, options));
}

/** The same as a task. */
export function* observeTask(snapshot: ScopeSnapshot, options: ObserveOptions): Task<GraphState> {
  const { types, expected, waiting } = options;
  const desired = new Map<string, NodeState>();
  yield* forEachInTurn(expected?.nodes ?? [], (node) => desired.set(node.name, node));
  const nodes: NodeState[] = [];
  const stopped = new Set<string>();
  yield* forEachInTurn(snapshot.nodes, (node) => {
    const name = declaredName(node);
    if (name === null) return;
    if (node.phase === "failed") stopped.add(name);
    const waits = waiting?.has(name) === true;
    nodes.push(nodeOf(types, node, { name, desired: desired.get(name) ?? null, waits }));
  });
  yield;
  return {
    name: snapshot.name,
    description: snapshot.description,
    nodes: inOrderOf(expected, nodes),
    links: completeLinks(snapshot.links, { expected, stopped }),
    templates: snapshot.templates,
    ...(snapshot.manual.length === 0 ? {} : { manual: snapshot.manual }),
  };
}

/** The declared nodes of a scope with their names. */
export function declaredNodes(
  snapshot: ScopeSnapshot,
): readonly { readonly name: string; readonly node: NodeSnapshot }[] {
  return snapshot.nodes.flatMap((node) => {
    const name = declaredName(node);
    return name === null ? [] : [{ name, node }];
  });
}

/** The name of a declared node; null for all others. */
export function declaredName({ name, owner }: NodeSnapshot): string | null {
  return name === "" || owner !== null ? null : name;
}

/** True if nodes wait for a release that will not follow, because their bring-up has failed. */
export function holdsNodes(snapshot: ScopeSnapshot | null): boolean {
  if (snapshot === null) return false;
  return declaredNodes(snapshot).some(({ node }) => {
    return node.phase === "starting" && node.messages.every((message) => message.phase !== "waiting");
  });
}

/** The reset values of the settings of a scope's nodes, as read before they were set. */
export function formersOf(snapshot: ScopeSnapshot | null): FormerTable {
  const named = snapshot === null ? [] : declaredNodes(snapshot);
  return new Map(named.flatMap(({ name, node }) => node.formers === undefined ? [] : [[name, node.formers]]));
}

function nodeOf(
  types: TypeTable,
  node: NodeSnapshot,
  options: { name: string; desired: NodeState | null; waits: boolean },
): NodeState {
  const { name, desired, waits } = options;
  const { type, restart } = node;
  // A failed socket has lost its hook, and with it the name that identifies it.
  const lost = node.hook === null && node.phase === "failed" && desired?.type === type;
  const hook = lost ? desired.hook : node.hook;
  const isWanted = desired !== null && desired.type === type && sameMessages(node, desired);
  // The same object is compared, and its claims are computed, only once.
  if (isWanted && desired.hook === hook && desired.restart === restart) return desired;
  const messages = node.messages.map(({ command, argument }) => ({ command, argument }));
  const observed: NodeState = { name, type, hook, restart, messages };
  if (desired === null || desired.type !== type || isWanted) return observed;
  // A node that is only held is converging during a bring-up, and is not observed then.
  const underWay = node.messages.some((message) => message.phase === "waiting");
  const stopped = waits || underWay || node.phase === "failed";
  return agrees(types, observed, { desired, stopped }) ? { ...observed, messages: desired.messages } : observed;
}

/**
 * True if a node has its desired state in another form: settings sent separately, queries omitted. A node that stopped
 * during its bring-up has the beginning of it.
 */
function agrees(types: TypeTable, observed: NodeState, options: { desired: NodeState; stopped: boolean }): boolean {
  const { desired, stopped } = options;
  const was = viewMessages(types, observed);
  const desiredView = viewMessages(types, desired);
  const begins = (a: readonly { message: MessageState }[], b: readonly { message: MessageState }[]) =>
    (stopped ? a.length <= b.length : a.length === b.length) &&
    a.every(({ message }, index) => sameMessage(message, b[index]?.message));
  if (!begins(was.lifecycle, desiredView.lifecycle) || !begins(was.actions, desiredView.actions)) return false;
  if (stopped ? was.settings.size > desiredView.settings.size : was.settings.size !== desiredView.settings.size) {
    return false;
  }
  return [...was.settings.values()].every((setting) => {
    return sameMessage(setting.message, desiredView.settings.get(setting.id)?.message);
  });
}

function sameMessage(a: MessageState, b: MessageState | undefined): boolean {
  return a.command === b?.command && a.argument === b.argument;
}

/** The order of the file if there is one; unexpected nodes are last. */
function inOrderOf(expected: GraphState | null, nodes: readonly NodeState[]): readonly NodeState[] {
  if (expected === null || nodes.every((node, index) => node.name === expected.nodes[index]?.name)) return nodes;
  const places = new Map(expected.nodes.map((node, index) => [node.name, index]));
  const place = (node: NodeState) => places.get(node.name) ?? places.size;
  return [...nodes].sort((a, b) => place(a) - place(b));
}

/** A failed node has lost its links: they are created with it again. */
function completeLinks(
  links: readonly LinkState[],
  options: { expected: GraphState | null; stopped: ReadonlySet<string> },
): readonly LinkState[] {
  const { expected, stopped } = options;
  if (expected === null || stopped.size === 0) return links;
  const there = new Set(links.map(linkKey));
  const lost = expected.links.filter((link) => {
    return !there.has(linkKey(link)) && link.ends.some((end) => stopped.has(end.node));
  });
  return [...links, ...lost].sort(compareLinks);
}
