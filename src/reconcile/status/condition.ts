/**
 * The three things that are said of a topology: it is Ready, it is Reconciling, it is Stalled.
 *
 * @module
 */

import type { Condition, LinkStatus, NodeStatus } from "./status_types.ts";

/** What keeps a whole topology from going on: a change that failed, a source that cannot be read. */
export interface Trouble {
  /** One word for programs: `ApplyFailed`, `RolledBack`, `SourceInvalid`. */
  readonly reason: string;
  readonly message: string;
  /** True where the source wants something else than what runs. */
  readonly behind?: boolean;
}

/** Reasons of a source that cannot be followed: what runs goes on, and is not what was asked for. */
const SOURCE_TROUBLES: ReadonlySet<string> = new Set(["SourceInvalid", "SourceUnreadable", "SourceRefused"]);
/** Reasons of a change that left nodes in trouble: they are over when the nodes are well. */
const NODE_TROUBLES: ReadonlySet<string> = new Set(["ApplyFailed", "RollbackFailed", "GoingBackFailed"]);

/** True where a topology does not follow its source, by the reason why it is Stalled. */
export function isSourceTrouble(reason: string): boolean {
  return SOURCE_TROUBLES.has(reason);
}

/** True for trouble that is over as soon as all nodes are well. */
export function isNodeTrouble(trouble: Trouble | null): boolean {
  return trouble !== null && NODE_TROUBLES.has(trouble.reason);
}

/** What conditions are made from. */
export interface ConditionFacts {
  /** The declared nodes, one by one. */
  readonly nodes: readonly NodeStatus[];
  readonly generation: number;
  readonly applying: boolean;
  readonly suspended: boolean;
  /** True where a change of its source waits until it is resumed. */
  readonly heldBack?: boolean;
  /** Nodes that ended as they may. */
  readonly finished: ReadonlySet<string>;
  /** Nodes that are being brought back now, and which attempt that is. */
  readonly attempts: readonly (readonly [node: string, attempt: number])[];
  /** A declared link that is down though its nodes are there; null where none is. */
  readonly linkDown: LinkStatus | null;
  readonly trouble: Trouble | null;
  /** True where its source has it no more. */
  readonly orphaned?: boolean;
  /** When the generation that runs is undone unless it is confirmed. */
  readonly confirmUntil: Date | null;
  readonly conditions: readonly Condition[];
  readonly now: Date;
}

type Said = Pick<Condition, "status" | "reason" | "message">;

/** The conditions as they are now; each keeps its time as long as its status stays. */
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
  const waiting = unwell.filter((node) => !servesSome(node));
  if (waiting.length > 0) return no(...describeNodes(waiting));
  if (facts.linkDown !== null) return no("LinkDown", `Link ${facts.linkDown.ends.join(" - ")} is down`);
  if (unwell.length > 0) return yes(...describeNodes(unwell));
  return yes(
    "AllNodesReady",
    facts.nodes.length === 1 ? "The node is ready" : `All ${facts.nodes.length} nodes are ready`,
  );
}

/** True for a node that is Degraded, and serves some of its traffic all the same. */
export function servesSome({ state, faults }: NodeStatus): boolean {
  return state === "degraded" && faults.length > 0 && faults.every(({ serving }) => serving);
}

/** Reason and message for nodes that are not well: about the first of them. */
function describeNodes(nodes: readonly NodeStatus[]): [reason: string, message: string] {
  const [first] = nodes;
  if (first === undefined) return ["AllNodesReady", ""];
  const rest = nodes.length === 1 ? "" : `, and ${nodes.length - 1} more`;
  const state = first.id === null && first.error === null ? "missing" : first.state;
  const why = first.error === null ? "" : `: ${first.error.message}`;
  return [reasonOf(first), `Node "${first.name}" is ${state}${rest}${why}`];
}

/** One word for why a node is not ready. */
function reasonOf({ id, state, error, faults, messages }: NodeStatus): string {
  const [fault] = faults;
  if (fault !== undefined) return fault.reason;
  if (state === "draining") return "Draining";
  if (id === null && error === null) return "NodeMissing";
  const connecting = messages.some(({ message, state }) => {
    return message.startsWith("connect ") && (state === "failed" || state === "waiting");
  });
  return error !== null && connecting ? "ConnectFailed" : "NodesNotReady";
}

/** Reasons of what a manual change took away: it comes back with the next change, or where self-heal is asked for. */
const TAKEN_AWAY: ReadonlySet<string | undefined> = new Set(["NodeMissing", "LinkDown"]);

/** True where nothing brings back what is not Ready: it is suspended, or a manual change took something away. */
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
    return yes("AwaitingConfirmation", `${what} is rolled back at ${until} unless it is confirmed`);
  }
  const [attempt] = facts.attempts;
  if (attempt !== undefined) return yes("Retrying", `Node "${attempt[0]}": attempt ${attempt[1]} is under way`);
  const retried = facts.nodes.find((node) => node.nextRetryAt !== null);
  if (retried === undefined) return no("Settled", "No change is under way");
  return yes("Retrying", `Node "${retried.name}" is retried at ${retried.nextRetryAt}`);
}

function stalledOf(facts: ConditionFacts): Said {
  if (facts.trouble !== null) return yes(facts.trouble.reason, facts.trouble.message);
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
