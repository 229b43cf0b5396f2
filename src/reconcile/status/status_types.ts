/**
 * Status as programs read it (`status -o json`, `GET /v1/status`): format version 1.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CountsSnapshot } from "../../graph/data/counts.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { ConnectionCounts, Traffic } from "../../graph/data/node_report.ts";
import type { TimingsSnapshot } from "../../graph/data/timings.ts";

/** Everything an engine runs. */
export interface Status {
  /** The version of this shape. */
  readonly formatVersion: 1;
  /** Who answers. */
  readonly engine: EngineStatus;
  /** What it runs. */
  readonly topologies: readonly TopologyStatus[];
  /** Sources of which nothing was applied yet; absent where there are none. */
  readonly unread?: readonly UnreadSource[];
}

/** A source that was named and has not been read yet, or could not be used so far. */
export interface UnreadSource {
  /** Where it is, without passwords. */
  readonly location: string;
  /** ISO 8601: when it was named. */
  readonly since: string;
  /** Why it cannot be used; absent while it is read for the first time. */
  readonly problem?: string;
}

/** The engine itself. */
export interface EngineStatus {
  /** sockgraph's version. */
  readonly version: string;
  /** The socket runtime: `deno`, `bun`, `posix`, `memory`. */
  readonly runtime: string;
  /** How many threads serve connections. */
  readonly threads: number;
  /** Its process. */
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Where a topology comes from. */
export interface SourceStatus {
  /** `file`, `stdin`, `url`, `git`, `library`. */
  readonly kind: string;
  /** The file as it was named, `<stdin>`. */
  readonly location: string;
  /** What the content was: `sha256:…`, a commit; null where nobody knows. */
  readonly revision: string | null;
}

/** The same with what a later reading needs, and status does not show. */
export interface AppliedSource extends SourceStatus {
  /** The variables of the environment that it was read with; null for one that was not set. Absent where it names none. */
  readonly variables?: Readonly<Record<string, string | null>>;
}

/** Whether what runs is what was asked for. */
export type Sync = "Synced" | "OutOfSync";

/** How what runs fares. */
export type Health = "Healthy" | "Progressing" | "Degraded" | "Suspended" | "Missing";

/** One topology. */
export interface TopologyStatus {
  /** Its name. */
  readonly name: string;
  /** Where it was read from last. */
  readonly source: SourceStatus;
  /** What was asked for; counts up with every change. */
  readonly generation: number;
  /** What runs. */
  readonly observedGeneration: number;
  /** Whether the two are the same. */
  readonly sync: Sync;
  /** One path at which what runs differs (`nodes.front.messages`); null when nothing does. */
  readonly drift: string | null;
  /** How it fares. */
  readonly health: Health;
  /** ISO 8601: when this generation is undone unless it is confirmed; null when it need not be. */
  readonly confirmUntil: string | null;
  /** How it stands, and since when. */
  readonly conditions: readonly Condition[];
  /** Its nodes, in the file's order. */
  readonly nodes: readonly NodeStatus[];
  /** Its links. */
  readonly links: readonly LinkStatus[];
  /** What was counted under names that have no node now, or by former nodes; absent where there is nothing. */
  readonly past?: readonly CountsSnapshot[];
  /**
   * True where its source has it no more: it is OutOfSync, and runs on until `--prune` or `down` removes it, or its
   * removal awaits confirmation.
   */
  readonly orphaned?: true;
  /** True where its source has changed while it is suspended: it is OutOfSync until it is resumed. */
  readonly heldBack?: true;
  /** Connections whose listener is gone, by the generation they began under; absent where there are none. */
  readonly outliving?: Readonly<Record<string, number>>;
  /** How long things took, by the names of nodes; absent where nothing was counted. */
  readonly timings?: Readonly<Record<string, TimingsSnapshot>>;
}

/** What is said of a topology, and since when. */
export interface Condition {
  /** What is said. */
  readonly type: "Ready" | "Reconciling" | "Stalled";
  /** Whether it is so. */
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
  /** Its type's name. */
  readonly type: string;
  /** The hook that decides what it is; null for other types. */
  readonly hook: string | null;
  /** How it is. */
  readonly state: NodeCondition;
  /** The generation it was made under. */
  readonly generation: number;
  /** Its socket address in ASCII form; null where it has none. */
  readonly local: string | null;
  /** Its peer in ASCII form; null where it has none. */
  readonly peer: string | null;
  /** How often it was brought back. */
  readonly restarts: number;
  /** ISO 8601. */
  readonly nextRetryAt: string | null;
  /** What is wrong; null when nothing is. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Connections that were accepted here; null where nothing is accepted. */
  readonly connections: ConnectionCounts | null;
  /** What it was sent, in order. */
  readonly messages: readonly MessageStatus[];
  /** Its hooks. */
  readonly hooks: readonly HookStatus[];
  /** What hooks that are gone have carried; absent where there is nothing to add. */
  readonly removedHooks?: Omit<HookStatus, "name" | "peer">;
  /** What was closed or dropped, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What people should know: `backlog is a hint on bun`. */
  readonly notes: readonly string[];
  /** What keeps it from serving its traffic although it runs. */
  readonly faults: readonly Fault[];
}

/** How a message turned out. */
export type MessageCondition = "pending" | "waiting" | "done" | "unverified" | "deferred" | "failed";

/** One message of a node. */
export interface MessageStatus {
  /** As one types it: `bind inet/127.0.0.1:80`. */
  readonly message: string;
  /** How it turned out. */
  readonly state: MessageCondition;
  /** In ASCII form. */
  readonly reply: string | null;
}

/**
 * One hook, or all that lead to the connections of one listener. The hook of a listener carries what its connections
 * carried. It counts on when its node is replaced.
 */
export interface HookStatus {
  /** Its name. */
  readonly name: string;
  /** The other end; null when the engine itself holds the hook. */
  readonly peer: string | null;
  /** What the node received by it; of a socket and its connections: what it read from the network. */
  readonly in: Traffic;
  /** What the node sent by it and its peer took; of a socket: what it took to send to the network. */
  readonly out: Traffic;
  /** Items dropped here, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Bytes of these items, by reason. */
  readonly droppedBytes: Readonly<Record<string, number>>;
}

/** One link. */
export interface LinkStatus {
  /** `node:hook`, or `node` alone for an automatic hook. */
  readonly ends: readonly [string, string];
  /** Whether both ends are joined. */
  readonly state: "up" | "down";
}
