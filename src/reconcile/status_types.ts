/**
 * Status as programs read it (`status -o json`, `GET /v1/status`): format version 1.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { ConnectionCounts, Traffic } from "../graph/node_type.ts";

/** Everything an engine runs. */
export interface Status {
  readonly formatVersion: 1;
  readonly engine: EngineStatus;
  readonly topologies: readonly TopologyStatus[];
}

/** The engine itself. */
export interface EngineStatus {
  readonly version: string;
  readonly runtime: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Where a topology comes from. */
export interface SourceStatus {
  /** `file`, `stdin`, `url`, `git`, `library`. */
  readonly kind: string;
  readonly location: string;
  /** What the content was: `sha256:…`, a commit; null where nobody knows. */
  readonly revision: string | null;
}

/** Whether what runs is what was asked for. */
export type Sync = "Synced" | "OutOfSync";

/** How what runs fares. */
export type Health = "Healthy" | "Progressing" | "Degraded" | "Suspended" | "Missing";

/** One topology. */
export interface TopologyStatus {
  readonly name: string;
  readonly source: SourceStatus;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly sync: Sync;
  /** One path at which what runs differs (`nodes.front.messages`); null when nothing does. */
  readonly drift: string | null;
  readonly health: Health;
  readonly conditions: readonly Condition[];
  readonly nodes: readonly NodeStatus[];
  readonly links: readonly LinkStatus[];
}

/** What is said of a topology, and since when. */
export interface Condition {
  readonly type: "Ready" | "Reconciling" | "Stalled";
  readonly status: "True" | "False";
  /** One word for programs. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  /** ISO 8601; changes only when `status` does. */
  readonly lastTransitionTime: string;
}

/** How a node is. */
export type NodeCondition = "pending" | "starting" | "ready" | "degraded" | "failed" | "draining";

/** One declared node, or one node of a template with all of its copies folded into it. */
export interface NodeStatus {
  /** `front`, or `session/upstream` for a template's node. */
  readonly name: string;
  /** Hexadecimal; null while it is not there, and for a template's node. */
  readonly id: string | null;
  readonly type: string;
  readonly hook: string | null;
  readonly state: NodeCondition;
  /** The generation it was made under. */
  readonly generation: number;
  readonly local: string | null;
  readonly peer: string | null;
  /** How often it was brought back. */
  readonly restarts: number;
  /** ISO 8601. */
  readonly nextRetryAt: string | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  readonly connections: ConnectionCounts | null;
  readonly messages: readonly MessageStatus[];
  readonly hooks: readonly HookStatus[];
  /** What was closed or dropped, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What people should know: `backlog is a hint on bun`. */
  readonly notes: readonly string[];
}

/** How a message turned out. */
export type MessageCondition = "pending" | "waiting" | "done" | "unverified" | "deferred" | "failed";

/** One message of a node. */
export interface MessageStatus {
  readonly message: string;
  readonly state: MessageCondition;
  /** In ASCII form. */
  readonly reply: string | null;
}

/** One hook. For a listener it carries what its connections carried. */
export interface HookStatus {
  readonly name: string;
  readonly peer: string | null;
  readonly in: Traffic;
  readonly out: Traffic;
  readonly dropped: Readonly<Record<string, number>>;
}

/** One link. */
export interface LinkStatus {
  readonly ends: readonly [string, string];
  readonly state: "up" | "down";
}
