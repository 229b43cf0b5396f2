/**
 * A difference as netgraph messages in a working order. A pure function.
 *
 * Templates are first, then new names, then new nodes whose addresses and hooks are free, because nothing is closed if
 * one of these fails; then nodes end that must release an address or a hook. Then the other nodes are created and
 * linked, and receive their messages, each after those whose replies it needs; other removed nodes are last. No
 * connection is accepted and no datagram is read before the release at the end.
 *
 * @module
 */

import {
  DEFAULT_RESTART,
  type GraphState,
  type LinkState,
  namedFirst,
  type NodeState,
} from "../../graph/data/state.ts";
import { forEachInTurn, runSync, type Task } from "../../cooperative.ts";
import { findTemporaryNames, nodesEnded, nodesMade, type TemporaryNames } from "./make_before_break.ts";
import { ConnectionEffects, type ConnectionTable, renameConnections } from "./connections.ts";
import { diffTask, type FormerTable, type GraphDiff, isEmptyDiff, type NodeChange } from "../diff/diff.ts";
import { checkedMessages, type TypeTable } from "../diff/facts.ts";
import { claimsOf } from "../diff/claims.ts";
import { describeNewOwner, mustBeRemovedFirst, orderByReferences, type OtherTopologyNode } from "./order.ts";
import { planRenames } from "./plan_renames.ts";
import { planTemplates } from "./plan_templates.ts";
import { findPrepared, type Prepared } from "./prepare.ts";
import * as steps from "./step.ts";
import { groupsOf, type NodeGroups } from "./plan_fold.ts";
import type { Reason, Step } from "./step.ts";
import { type PlanSummary, summarising } from "./summary.ts";

/** The changes of a plan, as its text and JSON show them too. */
export interface PlanHead {
  /** The topology that it changes. */
  readonly topology: string;
  /** The generation that runs; 0 if none does. */
  readonly fromGeneration: number;
  /** The generation that it leads to; 0 if the topology is removed. */
  readonly toGeneration: number;
  /** The numbers of its last line. */
  readonly summary: PlanSummary;
  /** Listeners whose sockets are closed, with the connections that wait to be accepted by them. */
  readonly closedQueues: readonly string[];
}

/** The steps from the observed to the desired state. */
export interface Plan extends PlanHead {
  /** Empty when nothing differs. */
  readonly steps: readonly Step[];
  /** The starts of its parts; by default, it is one part. */
  readonly parts?: PlanParts;
  /** The temporary names of old nodes whose replacements are created first. */
  readonly temporaryNames?: TemporaryNames;
  /** The groups of expanded nodes; absent if there are none. */
  readonly groups?: NodeGroups;
  /** Nodes that are only renamed: old names by new ones. */
  readonly renames?: ReadonlyMap<string, string>;
}

/**
 * The parts of a plan, by the index of their first step: plans of one change prepare together, then release, then
 * acquire, then remove the rest.
 */
export interface PlanParts {
  /** The first step that releases an address or a hook; earlier steps create nodes while everything runs. */
  readonly release: number;
  /** The first step that acquires one of these. */
  readonly acquire: number;
  /** The first step after the messages. */
  readonly remove: number;
}

/** The input of a plan beside the two states. */
export interface PlanOptions {
  readonly types: TypeTable;
  readonly fromGeneration: number;
  readonly toGeneration: number;
  /** Open connections; by default none are counted. */
  readonly connections?: ConnectionTable;
  /** Nodes to recreate although they are unchanged, with the cause. */
  readonly replace?: ReadonlyMap<string, string>;
  /** The differences of the states, if they are known. */
  readonly diff?: GraphDiff;
  /** Nodes that other topologies of the same change create: what they need is released first. */
  readonly createdElsewhere?: readonly OtherTopologyNode[];
  /** Nodes that end in other topologies of the same change: nodes that need their resources are created after them. */
  readonly removedElsewhere?: readonly NodeState[];
  /** False to create nothing before all blocking nodes have ended. */
  readonly prepares?: boolean;
  /** The reset values of settings; by default only a type's defaults are used. */
  readonly formers?: FormerTable;
}

/** The nodes that a topology creates, for other topologies of the same change. */
export function createdBy(topology: string, diff: GraphDiff): readonly OtherTopologyNode[] {
  return nodesMade(diff).map((node) => ({ topology, node }));
}

/** The nodes that a plan creates, for topologies that are removed in the same change. */
export function createdIn({ topology, steps }: Plan, { nodes }: GraphState): readonly OtherTopologyNode[] {
  const made = new Set(steps.flatMap(({ command, node }) => command === "mkpeer" && node !== null ? [node] : []));
  return nodes.filter(({ name }) => made.has(name)).map((node) => ({ topology, node }));
}

/** Plans the steps from one state to another. */
export function planChanges(observed: GraphState, desired: GraphState, options: PlanOptions): Plan {
  return runSync(planTask(observed, desired, options));
}

/** The same as a task. */
export function* planTask(observed: GraphState, desired: GraphState, options: PlanOptions): Task<Plan> {
  const { types, fromGeneration, toGeneration, connections = [], replace, formers } = options;
  const { createdElsewhere = [] } = options;
  const diff = options.diff ?? (yield* diffTask(observed, desired, {
    types,
    ...(replace === undefined ? {} : { replace }),
    ...(formers === undefined ? {} : { formers }),
  }));
  const head = { topology: desired.name, fromGeneration };
  if (isEmptyDiff(diff)) {
    const summary = { add: 0, change: 0, remove: 0, kept: 0, closed: 0 };
    return { ...head, toGeneration: fromGeneration, steps: [], summary, closedQueues: [] };
  }
  // If a node has two changes (renamed and updated), the later one creates or updates it.
  const changes = new Map(diff.nodes.map((change) => [change.node.name, change]));
  const renames = new Map(diff.nodes.flatMap((change) => {
    return change.kind === "rename" ? [[change.node.name, change.from] as const] : [];
  }));
  // The functions below compare the claims of nodes, which are expensive to compute.
  const created = [...nodesMade(diff), ...createdElsewhere.map(({ node }) => node)];
  yield* forEachInTurn([...nodesEnded(diff), ...created], (node) => claimsOf(types, node));
  const temporaryNames = findTemporaryNames(diff, {
    types,
    observed,
    desired,
    createdElsewhere: createdElsewhere.map(({ node }) => node),
    requested: replace ?? new Map(),
  });
  const removals = orderRemovals({ diff, types, observed, temporaryNames, createdElsewhere });
  const ending = [...removals.early, ...removals.replaced, ...removals.replacedAfterwards, ...removals.late];
  const effects = new ConnectionEffects(renameConnections(connections, renames), ending.map(({ node }) => node.name));
  const groups = groupsOf(observed, desired);
  const draft: Draft = {
    scope: desired.name,
    observed,
    desired,
    diff,
    changes,
    types,
    effects,
    temporaryNames,
    createdElsewhere,
  };
  yield;
  const { early, late } = planRemovals(draft, removals);
  yield;
  const releases = [
    ...diff.part.map((link) => planLink(draft, link, "part")),
    ...diff.manual.map((link) => steps.removeManualLink(draft.scope, link, draft.effects.ofChange(link.node))),
    ...early,
  ];
  const ended = [...removals.early, ...removals.replaced].map((change) => "from" in change ? change.from : change.node);
  const others = options.removedElsewhere ?? [];
  const waits = options.prepares === false || releases.length + others.length === 0;
  const prepared: Prepared = waits
    ? new Map()
    : yield* findPrepared(diff, { types, observed, temporaryNames, ended: [...ended, ...others] });
  const [first, acquisitions] = yield* planAcquisitions(draft, prepared);
  const prepares = [
    steps.setGeneration(draft.scope, toGeneration),
    ...planTemplates(draft, ["add", "change"]),
    ...planRenames(draft),
    ...planTemporaryNames(draft),
    ...first,
  ];
  const acquire = prepares.length + releases.length;
  const ordered = [
    ...prepares,
    ...releases,
    ...acquisitions,
    ...late,
    ...planTemplates(draft, ["remove"]),
    ...planDescription(draft, fromGeneration),
    steps.startTraffic(draft.scope),
  ];
  yield;
  return {
    ...head,
    toGeneration,
    steps: ordered,
    parts: { release: prepares.length, acquire, remove: acquire + acquisitions.length },
    ...(temporaryNames.size === 0 ? {} : { temporaryNames }),
    ...(renames.size === 0 ? {} : { renames }),
    ...(groups.size === 0 ? {} : { groups }),
    summary: yield* summarising(ordered, effects),
    closedQueues: ending.map(({ node }) => node.name).filter((name) => effects.queues(name)),
  };
}

/** The common input of all parts of the planning. */
interface Draft {
  readonly scope: string;
  readonly observed: GraphState;
  readonly desired: GraphState;
  readonly diff: GraphDiff;
  readonly changes: ReadonlyMap<string, NodeChange>;
  readonly types: TypeTable;
  readonly effects: ConnectionEffects;
  readonly temporaryNames: TemporaryNames;
  readonly createdElsewhere: readonly OtherTopologyNode[];
}

/** Nodes that end, each group in its order. */
interface Removals {
  /** Removed ones that block others. */
  readonly early: readonly Removed[];
  readonly replaced: readonly Replaced[];
  /** Those whose replacements are created first. */
  readonly replacedAfterwards: readonly Replaced[];
  readonly late: readonly Removed[];
}

type Removed = Extract<NodeChange, { kind: "remove" }>;
type Replaced = Extract<NodeChange, { kind: "replace" }>;

/** First the recreated and the blocking ones, at the end the others. */
function orderRemovals(
  about: Pick<Draft, "diff" | "types" | "observed" | "temporaryNames" | "createdElsewhere">,
): Removals {
  const { diff, types, observed, temporaryNames, createdElsewhere } = about;
  const removed = diff.nodes.filter((change) => change.kind === "remove");
  const replaced = diff.nodes.filter((change) => change.kind === "replace");
  const needs = { nodes: [...nodesMade(diff), ...createdElsewhere.map(({ node }) => node)], links: diff.make };
  const first = mustBeRemovedFirst(types, removed.map(({ node }) => node), { observed, needs });
  return {
    early: removed.filter(({ node }) => first.has(node.name)),
    replaced: replaced.filter(({ node }) => !temporaryNames.has(node.name)),
    replacedAfterwards: replaced.filter(({ node }) => temporaryNames.has(node.name)),
    late: removed.filter(({ node }) => !first.has(node.name)),
  };
}

function planRemovals(draft: Draft, removals: Removals): { early: readonly Step[]; late: readonly Step[] } {
  const { scope, effects, temporaryNames, types, createdElsewhere } = draft;
  const remove = ({ node }: Removed) => {
    const cause = `removed from the file${describeNewOwner(types, node, createdElsewhere)}`;
    return steps.shutdownNode(scope, node.name, { kind: "remove", cause, connections: effects.ofEnd(node.name) });
  };
  const replaced = removals.replaced.map((change) => {
    const { name } = change.node;
    const cause = `${change.cause}${describeNewOwner(types, change.from, createdElsewhere)}`;
    const reason: Reason = { kind: "change", cause, cost: "replace", connections: effects.ofEnd(name) };
    return steps.shutdownNode(scope, name, reason);
  });
  const replacedAfterwards = removals.replacedAfterwards.map(({ node: { name } }) => {
    const connections = effects.ofEnd(name);
    const reason: Reason = { kind: "change", cause: "its replacement takes over", cost: "replace", connections };
    return steps.shutdownOldNode(scope, { name, temporary: temporaryNames.get(name) ?? name }, reason);
  });
  return {
    early: [...removals.early.map(remove), ...replaced],
    late: [...replacedAfterwards, ...removals.late.map(remove)],
  };
}

/** An old node that stays until its replacement is created gets a temporary name, because the replacement needs its own. */
function planTemporaryNames(draft: Draft): readonly Step[] {
  return draft.diff.nodes.flatMap((change) => {
    const temporary = change.kind === "replace" ? draft.temporaryNames.get(change.node.name) : undefined;
    if (change.kind !== "replace" || temporary === undefined) return [];
    const reason: Reason = { kind: "change", cause: change.cause };
    return [steps.renameOldNode(draft.scope, { name: change.node.name, temporary }, reason)];
  });
}

/** The steps that create nodes, link them and send their messages: those of prepared nodes, and the others. */
function* planAcquisitions(draft: Draft, prepared: Prepared): Task<readonly [readonly Step[], readonly Step[]]> {
  const first: Step[] = [];
  const acquisitions: Step[] = [];
  const put = (isFirst: boolean, step: Step): void => void (isFirst ? first : acquisitions).push(step);
  const linked = new Set(draft.desired.links.flatMap(({ ends }) => ends.map((end) => end.node)));
  yield* forEachInTurn(draft.diff.nodes, (change) => {
    for (const step of planMake(draft, change, linked)) put(prepared.has(change.node.name), step);
  });
  yield* forEachInTurn(namedFirst(draft.diff.make), (link) => {
    put(link.ends.some((end) => prepared.has(end.node)), planLink(draft, link, "make"));
  });
  const nodes = draft.desired.nodes.filter((node) => draft.changes.has(node.name));
  for (const node of orderByReferences(nodes)) {
    // Not all at once: a node may have more messages than a call takes arguments.
    yield* forEachInTurn(planNodeMessages(draft, node), (step) => {
      put(step.messageIndex !== null && step.messageIndex < (prepared.get(node.name) ?? 0), step);
    });
    yield;
  }
  return [first, acquisitions];
}

function planMake(draft: Draft, change: NodeChange, linked: ReadonlySet<string>): readonly Step[] {
  const { scope } = draft;
  if (change.kind === "update" && change.restart) return [planRestart(draft, change.node)];
  if (!isMade(change)) return [];
  const { node } = change;
  const reason = reasonOf(change);
  const made = steps.createNode(scope, node, { hold: !linked.has(node.name), reason });
  if (node.restart === DEFAULT_RESTART) return [made];
  return [made, steps.setRestart(scope, node.name, { restart: node.restart, reason })];
}

function planRestart(draft: Draft, node: NodeState): Step {
  const connections = draft.effects.ofChange(node.name);
  const reason: Reason = { kind: "change", cause: `restart changed to ${node.restart}`, cost: "live", connections };
  return steps.setRestart(draft.scope, node.name, { restart: node.restart, reason });
}

/** A link is reported as part of the node for which it is created. */
function planLink(draft: Draft, link: LinkState, verb: "make" | "part"): Step {
  const [a, b] = link.ends;
  const made = [draft.changes.get(a.node), draft.changes.get(b.node)];
  const change = made.find((one) => one?.kind === "add") ?? made.find((one) => one !== undefined && isMade(one));
  const node = change?.node.name ?? a.node;
  // The node to whose change it belongs.
  const connections = draft.effects.ofChange(node);
  if (verb === "part") {
    const reason: Reason = { kind: "change", cause: "link removed", cost: "live", connections };
    return steps.unlinkNodes(draft.scope, link, { node, reason });
  }
  const reason: Reason = change !== undefined && isMade(change)
    ? reasonOf(change)
    : { kind: "change", cause: "link added", cost: "live", connections };
  return steps.linkNodes(draft.scope, link, { node, reason });
}

/** The description of a new topology belongs to its creation, and is not a separate change. */
function planDescription(draft: Draft, fromGeneration: number): readonly Step[] {
  if (!draft.diff.description) return [];
  const reason: Reason = fromGeneration === 0
    ? { kind: "silent", cause: "" }
    : { kind: "change", cause: "description changed", cost: "live" };
  return [steps.setDescription(draft.scope, draft.desired.description, reason)];
}

function planNodeMessages(draft: Draft, node: NodeState): readonly Step[] {
  const { scope, changes } = draft;
  const change = changes.get(node.name);
  if (change === undefined || change.kind === "rename" || change.kind === "remove") return [];
  if (change.kind !== "update") {
    const reason = reasonOf(change);
    return node.messages.map((message, index) => steps.sendMessage(scope, node.name, { message, index, reason }));
  }
  const connections = draft.effects.ofChange(node.name);
  const type = draft.types.get(node.type);
  const messages = checkedMessages(draft.types, node);
  const declared = { hook: node.hook, messages, linked: false, inTemplate: false };
  return change.messages.map(({ message, index, cause: what, cost }) => {
    const changed = {
      ...messages[index ?? -1] ?? { command: message.command, args: undefined },
      kept: connections?.kept ?? 0,
    };
    const note = type?.changeNote?.(declared, changed) ?? null;
    const cause = note === null ? what : `${what}; ${note}`;
    const reason: Reason = { kind: "change", cause, cost, connections };
    return steps.sendMessage(scope, node.name, { message, index, reason });
  });
}

type Made = Extract<NodeChange, { kind: "add" | "replace" }>;

function isMade(change: NodeChange): change is Made {
  return change.kind === "add" || change.kind === "replace";
}

/** The cause of a node's creation; the cause of a recreation is shown once, at the end of the old one. */
function reasonOf(change: Made): Reason {
  return change.kind === "add" ? { kind: "add", cause: "added" } : { kind: "change", cause: "recreated" };
}
