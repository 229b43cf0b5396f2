/**
 * The three things that are said of a topology: it is Ready, it is Reconciling, it is Stalled.
 *
 * @module
 */

import type { Condition, NodeStatus } from "./status_types.ts";

/** What keeps a whole topology from going on: a change that failed, a source that cannot be read. */
export interface Trouble {
  /** One word for programs: `ApplyFailed`, `RolledBack`, `SourceInvalid`. */
  readonly reason: string;
  readonly message: string;
}

/** What conditions are made from. */
export interface ConditionFacts {
  /** The declared nodes, one by one. */
  readonly nodes: readonly NodeStatus[];
  readonly generation: number;
  readonly applying: boolean;
  readonly suspended: boolean;
  /** Nodes that ended as they may. */
  readonly finished: ReadonlySet<string>;
  readonly trouble: Trouble | null;
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
  if (facts.generation === 0) return no("NothingApplied", "Nothing of it has been applied yet");
  const waiting = facts.nodes.filter((node) => node.state !== "ready" && !facts.finished.has(node.name));
  const [first] = waiting;
  if (first === undefined) return yes("AllNodesReady", `All ${facts.nodes.length} nodes are ready`);
  const rest = waiting.length === 1 ? "" : `, and ${waiting.length - 1} more`;
  const state = first.id === null ? "missing" : first.state;
  const why = first.error === null ? "" : `: ${first.error.message}`;
  return no(first.id === null ? "NodeMissing" : "NodesNotReady", `Node "${first.name}" is ${state}${rest}${why}`);
}

function reconcilingOf(facts: ConditionFacts): Said {
  if (facts.suspended) return no("Suspended", "Reconciling is suspended");
  if (facts.applying) return yes("Applying", "A change is under way");
  if (facts.confirmUntil !== null) {
    const until = facts.confirmUntil.toISOString();
    return yes("AwaitingConfirmation", `This generation is undone at ${until} unless it is confirmed`);
  }
  const retried = facts.nodes.find((node) => node.nextRetryAt !== null);
  if (retried === undefined) return no("Settled", "Nothing is under way");
  return yes("Retrying", `Node "${retried.name}" is tried again at ${retried.nextRetryAt}`);
}

function stalledOf(facts: ConditionFacts): Said {
  if (facts.trouble !== null) return yes(facts.trouble.reason, facts.trouble.message);
  const failed = facts.nodes.find((node) => node.state === "failed");
  if (failed === undefined || facts.applying) return no("Progressing", "Nothing stands in the way");
  return yes("NodeFailed", `Node "${failed.name}" failed: ${failed.error?.message ?? "it ended"}`);
}

function yes(reason: string, message: string): Said {
  return { status: "True", reason, message };
}

function no(reason: string, message: string): Said {
  return { status: "False", reason, message };
}
