/**
 * Status as JSON (`status -o json`, `GET /v1/status`): format version 1.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CountsSnapshot } from "../../graph/data/counts.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { TargetReport } from "../../graph/data/target_report.ts";
import type { CertificateReport, ConnectionCounts, Traffic } from "../../graph/data/node_report.ts";
import type { TimingsSnapshot } from "../../graph/data/timings.ts";

/** Everything an engine runs. */
export interface Status {
  /** The version of this shape. */
  readonly formatVersion: 1;
  /** The engine that answers. */
  readonly engine: EngineStatus;
  /** Its topologies. */
  readonly topologies: readonly TopologyStatus[];
  /** Sources of which nothing was applied yet; absent if there are none. */
  readonly unread?: readonly UnreadSource[];
}

/** A source that was named and has not been read yet, or could not be used so far. */
export interface UnreadSource {
  /** Its location, without passwords. */
  readonly location: string;
  /** ISO 8601: the time at which it was named. */
  readonly since: string;
  /** The problem; absent while it is read for the first time. */
  readonly problem?: string;
}

/** The engine itself. */
export interface EngineStatus {
  /** sockgraph's version. */
  readonly version: string;
  /** The socket runtime: `deno`, `bun`, `posix`, `memory`. */
  readonly runtime: string;
  /** The number of threads that serve connections. */
  readonly threads: number;
  /** Its process. */
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The source of a topology. */
export interface SourceStatus {
  /** `file`, `stdin`, `url`, `git`, `library`. */
  readonly kind: string;
  /** The file as named, `<stdin>`. */
  readonly location: string;
  /** The revision: `sha256:…`, a commit; null if it is unknown. */
  readonly revision: string | null;
}

/** The same with data for later reads, which status does not show. */
export interface AppliedSource extends SourceStatus {
  /** The environment variables with which it was read; null for one that was not set. Absent if it names none. */
  readonly variables?: Readonly<Record<string, string | null>>;
}

/** The result of comparing the observed state with the desired state. */
export type Sync = "Synced" | "OutOfSync";

/** The health of the running state. */
export type Health = "Healthy" | "Progressing" | "Degraded" | "Suspended" | "Missing";

/** One topology. */
export interface TopologyStatus {
  /** Its name. */
  readonly name: string;
  /** The source of the last read. */
  readonly source: SourceStatus;
  /** The desired generation, which increases with every change. */
  readonly generation: number;
  /** The running generation. */
  readonly observedGeneration: number;
  /** The result of the comparison. */
  readonly sync: Sync;
  /** One path at which the observed state differs (`nodes.front.messages`); null if there is none. */
  readonly drift: string | null;
  /** What a manual message has done there, such as `target "big" was disabled`; absent if no message says that. */
  readonly driftEffect?: string;
  /** The number of other places that differ; absent if there are none. */
  readonly driftOthers?: number;
  /** Its health. */
  readonly health: Health;
  /** ISO 8601: when this generation is rolled back unless it is confirmed; null if it needs no confirmation. */
  readonly confirmUntil: string | null;
  /** Its conditions, with their times. */
  readonly conditions: readonly Condition[];
  /** Its nodes, in the file's order. */
  readonly nodes: readonly NodeStatus[];
  /** Its links. */
  readonly links: readonly LinkStatus[];
  /** The counts of names without a node, or of earlier nodes; absent if there are none. */
  readonly past?: readonly CountsSnapshot[];
  /**
   * True if its source no longer has it: it is OutOfSync, and runs until `--prune` or `down` removes it, or its removal
   * is unconfirmed.
   */
  readonly orphaned?: true;
  /** True if its source has changed while it is suspended: it is OutOfSync until it is resumed. */
  readonly heldBack?: true;
  /** Connections whose listener was removed, by the generation of their start; absent if there are none. */
  readonly outliving?: Readonly<Record<string, number>>;
  /** Durations, by the names of nodes; absent if there are none. */
  readonly timings?: Readonly<Record<string, TimingsSnapshot>>;
}

/** A condition of a topology, and its time. */
export interface Condition {
  /** The condition. */
  readonly type: "Ready" | "Reconciling" | "Stalled";
  /** The value of the condition. */
  readonly status: "True" | "False";
  /** The reason, for programs. */
  readonly reason: string;
  /** The explanation, as a sentence. */
  readonly message: string;
  /** ISO 8601; changes only when `status` does. */
  readonly lastTransitionTime: string;
}

/** The state of a node; `ended`: it ended normally, and its `restart` does not bring it back. */
export type NodeCondition = "pending" | "starting" | "ready" | "degraded" | "failed" | "draining" | "ended";

/** One declared node, or one node of a template with all of its copies combined. */
export interface NodeStatus {
  /** `front`, or `session/upstream` for a template's node. */
  readonly name: string;
  /** Hexadecimal; null while it does not exist, and for a template's node. */
  readonly id: string | null;
  /** Its type's name. */
  readonly type: string;
  /** The identity hook; null for other types. */
  readonly hook: string | null;
  /** Its state. */
  readonly state: NodeCondition;
  /** The generation of its creation. */
  readonly generation: number;
  /** Its socket address in ASCII form; null if it has none. */
  readonly local: string | null;
  /** Its peer in ASCII form; null if it has none. */
  readonly peer: string | null;
  /** The number of retries. */
  readonly restarts: number;
  /** ISO 8601. */
  readonly nextRetryAt: string | null;
  /** The problem; null if there is none. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Connections that were accepted here; null if it does not accept. */
  readonly connections: ConnectionCounts | null;
  /** Its messages, in order. */
  readonly messages: readonly MessageStatus[];
  /** Its hooks. */
  readonly hooks: readonly HookStatus[];
  /** The counts of removed hooks; absent if there is nothing to add. */
  readonly removedHooks?: Omit<HookStatus, "name" | "peer">;
  /** Closed connections and dropped items, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Notes: `backlog is a hint on bun`. */
  readonly notes: readonly string[];
  /** The faults that keep it from serving its traffic although it runs. */
  readonly faults: readonly Fault[];
  /** The name of all nodes of its `each`, such as `game-*`; absent without one. */
  readonly group?: string;
  /** The targets between which it balances connections; absent if it has none. */
  readonly targets?: readonly TargetReport[];
  /** The certificates that it presents; absent if it has none. */
  readonly certificates?: readonly CertificateReport[];
}

/** The outcome of a message. */
export type MessageCondition = "pending" | "waiting" | "done" | "unverified" | "deferred" | "failed";

/** One message of a node. */
export interface MessageStatus {
  /** As typed: `bind inet/127.0.0.1:80`. */
  readonly message: string;
  /** Its outcome. */
  readonly state: MessageCondition;
  /** The reply in ASCII form. */
  readonly reply: string | null;
}

/**
 * One hook, or all that lead to the connections of one listener. The hook of a listener counts the data of its
 * connections. Its counts continue when its node is replaced.
 */
export interface HookStatus {
  /** Its name. */
  readonly name: string;
  /** The other end; null if the engine itself holds the hook. */
  readonly peer: string | null;
  /** Data that the node received by it; for a socket and its connections: data that it read from the network. */
  readonly in: Traffic;
  /** Data that the node sent by it and its peer accepted; for a socket: data that it accepted for the network. */
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
  /** `up` if both ends are joined. */
  readonly state: "up" | "down";
}
