/**
 * Nodes and their messages in status.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import { countAttempts } from "../../graph/data/counts.ts";
import { describeFault } from "../../graph/data/fault.ts";
import type { MessageRecord, NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { CopiesSnapshot } from "../../graph/data/snapshot.ts";
import { formatMessage, type MessageState, type NodeState } from "../../graph/data/state.ts";
import { commandOf, type Setting, type TypeTable, viewMessages } from "../diff/facts.ts";
import { hookStatuses } from "./status_hook.ts";
import type { MessageCondition, MessageStatus, NodeCondition, NodeStatus } from "./status_types.ts";

/** The loop's facts about a node that does not work. */
export interface Retry {
  /** The number of retries. */
  readonly restarts: number;
  /** When it is tried next; null when nothing is planned. */
  readonly nextRetryAt: Date | null;
  /** True when trying again cannot help. */
  readonly terminal: boolean;
  /** It ended as its restart policy allows: it is removed permanently, and that is not a failure. */
  readonly finished: boolean;
  /** True while it is recreated. */
  readonly rebuilding: boolean;
  /** Why the last attempt failed, until one succeeds; null if none did. */
  readonly failure: ErrorData | null;
  /** The number of the attempt in progress, from 1; null while there is none. */
  readonly attempt: number | null;
}

/** The input of the status of one node. */
export interface NodeFacts {
  readonly types: TypeTable;
  /** Its declaration; null for a manually created one. */
  readonly desired: NodeState | null;
  /** Null while it does not exist. */
  readonly node: NodeSnapshot | null;
  readonly retry: Retry | null;
  /** True while its messages wait for another node's replies. */
  readonly waits: boolean;
  /** Messages with a verified effect, in ASCII form. */
  readonly verified: ReadonlySet<string>;
}

/** The status of a declared node. */
export function nodeStatus(name: string, facts: NodeFacts): NodeStatus {
  const { desired, node, retry } = facts;
  const report = node?.report ?? null;
  return {
    name,
    id: node?.id ?? null,
    type: node?.type ?? desired?.type ?? "",
    hook: node?.hook ?? desired?.hook ?? null,
    state: nodeCondition(facts),
    generation: node?.generation ?? 0,
    local: report?.local ?? null,
    peer: report?.peer ?? null,
    restarts: retry?.restarts ?? 0,
    nextRetryAt: retry?.nextRetryAt?.toISOString() ?? null,
    error: errorOf(facts),
    connections: report?.connections ?? null,
    messages: messageStatuses(facts),
    hooks: hookStatuses(node?.hooks ?? []),
    ...(node?.removedHooks === undefined ? {} : { removedHooks: node.removedHooks }),
    reasons: report?.reasons ?? {},
    notes: report?.notes ?? [],
    faults: report?.faults ?? [],
    ...(desired?.group === undefined ? {} : { group: desired.group }),
    ...(report?.targets === undefined ? {} : { targets: report.targets }),
    ...(report?.certificates === undefined ? {} : { certificates: report.certificates }),
  };
}

/** One status for all copies of a template's node. */
export function templateNodeStatus(copies: CopiesSnapshot): NodeStatus {
  const { template: name, type, hook, ready, byGeneration, hooks, removedHooks, reasons, results } = copies;
  const count = Object.values(byGeneration).reduce((sum, one) => sum + one, 0);
  return {
    name,
    id: null,
    type,
    hook,
    state: ready ? "ready" : "starting",
    generation: Math.max(0, ...Object.keys(byGeneration).map(Number)),
    local: null,
    peer: null,
    restarts: 0,
    nextRetryAt: null,
    error: null,
    connections: { active: count, byGeneration, ...countAttempts(results) },
    messages: [],
    hooks: hookStatuses(hooks),
    ...(removedHooks === undefined ? {} : { removedHooks }),
    reasons,
    notes: [],
    faults: [],
  };
}

/** The problem of a node; while it is retried, the last problem. */
function errorOf({ node, retry }: NodeFacts): NodeStatus["error"] {
  const [fault] = node?.report?.faults ?? [];
  const underWay = node === null || node.phase === "starting";
  const error = node?.error ?? (underWay ? retry?.failure : null) ?? null;
  if (error !== null) return { code: error.code, message: error.message };
  return fault === undefined ? null : { code: fault.code, message: describeFault(fault) };
}

/** The state of a node. */
export function nodeCondition(facts: Pick<NodeFacts, "node" | "retry" | "waits">): NodeCondition {
  const { node, retry, waits } = facts;
  if (node === null) return "pending";
  if (retry?.finished === true) return "ended";
  if (node.phase === "ready" && node.report?.draining === true) return "draining";
  if (node.phase === "starting" && retry !== null && retry.failure !== null) return "degraded";
  if (node.phase === "ready" && (node.report?.faults ?? []).length > 0) return "degraded";
  if (node.phase !== "failed") return waits ? "starting" : node.phase;
  return retry !== null && retry.terminal ? "failed" : "degraded";
}

function messageStatuses(facts: NodeFacts): readonly MessageStatus[] {
  const { desired, node, types } = facts;
  const records = node?.messages ?? [];
  if (desired === null) return records.map((record) => ({ ...statusOfRecord(facts, record), message: textOf(record) }));
  const byText = new Map(records.map((record) => [textOf(record), record]));
  // Settings that were sent separately are rare, and parsing them takes time: this is done only for these.
  let bySetting: ReadonlyMap<string, MessageRecord> | null = null;
  const known = new Set<MessageRecord>();
  const declared = desired.messages.map((message): MessageStatus => {
    let record = byText.get(textOf(message));
    if (record === undefined && commandOf(types, desired.type, message.command)?.kind === "setting") {
      bySetting ??= recordsBySetting(types, desired, records);
      record = settingIds(types, desired, message).map((id) => bySetting?.get(id)).find((one) => one !== undefined);
    }
    if (record !== undefined) known.add(record);
    const missing: MessageCondition = node?.phase === "failed" || node?.phase === "ready" ? "waiting" : "pending";
    const status = record === undefined ? { state: missing, reply: null } : statusOfRecord(facts, record, message);
    return { message: textOf(message), ...status };
  });
  const byHand = records.filter((record) => !known.has(record) && !record.declared);
  return [...declared, ...byHand.map((record) => ({ message: textOf(record), ...statusOfRecord(facts, record) }))];
}

/** The last value of every setting. */
function recordsBySetting(
  types: TypeTable,
  node: NodeState,
  records: readonly MessageRecord[],
): ReadonlyMap<string, MessageRecord> {
  const settings = new Map<string, MessageRecord>();
  for (const record of records) for (const id of settingIds(types, node, record)) settings.set(id, record);
  return settings;
}

function settingIds(types: TypeTable, node: NodeState, message: MessageState): readonly string[] {
  if (commandOf(types, node.type, message.command)?.kind !== "setting") return [];
  const one = { ...node, messages: [{ command: message.command, argument: message.argument }] };
  return [...viewMessages(types, one).settings.values()].map((setting: Setting) => setting.id);
}

function statusOfRecord(
  facts: NodeFacts,
  record: MessageRecord,
  message: MessageState = record,
): { state: MessageCondition; reply: string | null } {
  const { phase, reply } = record;
  if (phase !== "done") return { state: phase, reply };
  const type = facts.node?.type ?? facts.desired?.type ?? "";
  const answered = commandOf(facts.types, type, record.command)?.kind === "query";
  const seen = answered || (record.unverified !== true && facts.verified.has(textOf(message)));
  return { state: seen ? "done" : "unverified", reply };
}

function textOf({ command, argument }: MessageState): string {
  return formatMessage({ command, argument });
}
