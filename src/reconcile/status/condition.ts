/**
 * The three conditions of a topology: Ready, Reconciling, Stalled.
 *
 * @module
 */

import type { Condition, LinkStatus, NodeStatus } from "./status_types.ts";

/** A problem of a whole topology: a failed change, a source that cannot be read. */
export interface StallCause {
  /** The reason, for programs: `ApplyFailed`, `RolledBack`, `SourceInvalid`. */
  readonly reason: string;
  /** The problem, as text. */
  readonly message: string;
  /** True if the source differs from the running state. */
  readonly behind?: boolean;
}

/** Reasons of a source that cannot be followed: the running state continues, and is not the requested one. */
const SOURCE_CAUSES: ReadonlySet<string> = new Set(["SourceInvalid", "SourceUnreadable", "SourceRefused"]);
/** Reasons of a change after which nodes have problems: they end when the nodes work. */
const NODE_CAUSES: ReadonlySet<string> = new Set(["ApplyFailed", "RollbackFailed", "GoingBackFailed"]);

/** True if a topology does not follow its source, by the reason why it is Stalled. */
export function isSourceCause(reason: string): boolean {
  return SOURCE_CAUSES.has(reason);
}

/** True for a problem that ends as soon as all nodes work. */
export function isNodeCause(stallCause: StallCause | null): boolean {
  return stallCause !== null && NODE_CAUSES.has(stallCause.reason);
}

/** The input of conditions. */
export interface ConditionFacts {
  /** The declared nodes, one by one. */
  readonly nodes: readonly NodeStatus[];
  readonly generation: number;
  readonly applying: boolean;
  readonly suspended: boolean;
  /** True if a change of its source waits until it is resumed. */
  readonly heldBack?: boolean;
  /** Nodes that ended as allowed. */
  readonly finished: ReadonlySet<string>;
  /** Nodes that are being repaired, and the number of the attempt. */
  readonly attempts: readonly (readonly [node: string, attempt: number])[];
  /** Nodes that only receive copies of what passes: clients are served without them. */
  readonly tapOnly: ReadonlySet<string>;
  /** A declared link that is down though its nodes are there; null if none is. */
  readonly linkDown: LinkStatus | null;
  readonly stallCause: StallCause | null;
  /** True if its source no longer has it. */
  readonly orphaned?: boolean;
  /** When the running generation is rolled back unless it is confirmed. */
  readonly confirmUntil: Date | null;
  readonly conditions: readonly Condition[];
  readonly now: Date;
}

/** The node of `node:hook`, or of `node` alone. */
export function nodeOfEnd(end: string): string {
  const colon = end.indexOf(":");
  return colon < 0 ? end : end.slice(0, colon);
}

type Said = Pick<Condition, "status" | "reason" | "message">;

/** The current conditions; each keeps its time as long as its status does not change. */
export function conditionsOf(facts: ConditionFacts): readonly Condition[] {
  const said: readonly [Condition["type"], Said][] = [
    ["Ready", readyOf(facts)],
    ["Reconciling", reconcilingOf(facts)],
    ["Stalled", stalledOf(facts)],
  ];
  return said.map(([type, { status, reason, message }]) => {
    const before = facts.conditions.find((condition) => condition.type === type);
    const since = before?.status === status ? before.lastTransitionTime : facts.now.toISOString();
    return { type, status, reason, message, lastTransitionTime: since };
  });
}

function readyOf(facts: ConditionFacts): Said {
  if (facts.applying) return no("Applying", "A change is under way");
  if (facts.generation === 0) return no("NothingApplied", "Nothing has been applied yet");
  const unwell = facts.nodes.filter((node) => node.state !== "ready" && !facts.finished.has(node.name));
  const waiting = unwell.filter((node) => !servesSome(node) && !isTapOnly(node, facts.tapOnly));
  if (waiting.length > 0) return no(...describeNodes(waiting));
  if (facts.linkDown !== null) {
    const { ends } = facts.linkDown;
    const served = ends.some((end) => facts.tapOnly.has(nodeOfEnd(end)));
    return (served ? yes : no)("LinkDown", `Link ${ends.join(" - ")} is down`);
  }
  if (unwell.length > 0) return yes(...describeNodes(unwell));
  return yes("AllNodesReady", allReady(facts));
}

function allReady({ nodes, finished }: ConditionFacts): string {
  const ended = nodes.filter(({ name }) => finished.has(name)).length;
  if (ended > 0) return `${ended} of ${nodes.length} nodes ended as their restart allows, and no other is down`;
  return nodes.length === 1 ? "The node is ready" : `All ${nodes.length} nodes are ready`;
}

/** True for a node without which clients are served; one that has not started is still awaited. */
function isTapOnly({ name, state }: NodeStatus, tapOnly: ReadonlySet<string>): boolean {
  return tapOnly.has(name) && (state === "degraded" || state === "failed");
}

/** True for a node that is Degraded, and still serves some of its traffic. */
export function servesSome({ state, faults }: NodeStatus): boolean {
  return state === "degraded" && faults.length > 0 && faults.every(({ serving }) => serving);
}

/** Reason and message for nodes with problems: about the first of them. */
function describeNodes(nodes: readonly NodeStatus[]): [reason: string, message: string] {
  const [first] = nodes;
  if (first === undefined) return ["AllNodesReady", ""];
  const rest = nodes.length === 1 ? "" : `, and ${nodes.length - 1} more`;
  const state = first.id === null && first.error === null ? "missing" : first.state;
  const why = first.error === null ? "" : `: ${first.error.message}`;
  return [reasonOf(first), `Node "${first.name}" is ${state}${rest}${why}`];
}

/** The reason why a node is not ready. */
export function reasonOf({ id, state, error, faults, messages }: NodeStatus): string {
  const [fault] = faults;
  if (fault !== undefined) return fault.reason;
  if (state === "draining") return "Draining";
  if (id === null && error === null) return "NodeMissing";
  return error !== null && isConnectionLacking(messages) ? "ConnectFailed" : "NodesNotReady";
}

/** True for a node that has to connect, and has failed to or lost its connection: no other message is at fault. */
function isConnectionLacking(messages: NodeStatus["messages"]): boolean {
  const connect = messages.find(({ message }) => message.startsWith("connect "));
  if (connect === undefined || connect.state === "pending") return false;
  return messages.every((one) => one === connect || one.state !== "failed");
}

/** Reasons of nodes that a manual change removed: they are restored by the next change, or by self-healing. */
const TAKEN_AWAY: ReadonlySet<string | undefined> = new Set(["NodeMissing", "LinkDown"]);

/**
 * True if nothing repairs the nodes that are not Ready: the topology is suspended, or a manual change removed
 * something.
 */
export function isLeftAlone(
  { suspended, selfHeal }: { readonly suspended: boolean; readonly selfHeal: boolean },
  { conditions }: { readonly conditions: readonly Condition[] },
): boolean {
  if (suspended) return true;
  const ready = conditions.find(({ type }) => type === "Ready");
  const reconciling = conditions.find(({ type }) => type === "Reconciling");
  return !selfHeal && TAKEN_AWAY.has(ready?.reason) && reconciling?.status === "False";
}

function reconcilingOf(facts: ConditionFacts): Said {
  if (facts.suspended) {
    const held = facts.heldBack === true ? ", and a change of its source is held back" : "";
    return no("Suspended", `Reconciling is suspended${held}`);
  }
  if (facts.applying) return yes("Applying", "A change is under way");
  if (facts.confirmUntil !== null) {
    const until = facts.confirmUntil.toISOString();
    const what = facts.orphaned === true ? "The removal" : "This generation";
    const held = facts.heldBack === true ? "; a change of its source is applied after that" : "";
    return yes("AwaitingConfirmation", `${what} is rolled back at ${until} unless it is confirmed${held}`);
  }
  const [attempt] = facts.attempts;
  if (attempt !== undefined) return yes("Retrying", `Node "${attempt[0]}": attempt ${attempt[1]} is under way`);
  const retried = facts.nodes.find((node) => node.nextRetryAt !== null);
  if (retried === undefined) return no("NoChange", "No change is in progress");
  return yes("Retrying", `Node "${retried.name}" is retried at ${retried.nextRetryAt}`);
}

function stalledOf(facts: ConditionFacts): Said {
  if (facts.stallCause !== null) return yes(facts.stallCause.reason, facts.stallCause.message);
  const failed = facts.nodes.find((node) => node.state === "failed");
  if (failed === undefined || facts.applying) return no("Progressing", "Nothing is stalled");
  return yes("NodeFailed", `Node "${failed.name}" failed: ${failed.error?.message ?? "it ended"}`);
}

function yes(reason: string, message: string): Said {
  return { status: "True", reason, message };
}

function no(reason: string, message: string): Said {
  return { status: "False", reason, message };
}
