/**
 * A running scope as plain data that may cross a thread: `observe` converts it to a GraphState, and `status` to text.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { CloseReason } from "./close_reason.ts";
import type { Carried, CountsSnapshot, HookSnapshot } from "./counts.ts";
import type { NodeReport } from "./node_report.ts";
import type { GraphState, ManualLink, RestartPolicy, TemplateState } from "./state.ts";
import type { Counts } from "./totals.ts";
import type { TimingsSnapshot } from "./timings.ts";

/**
 * - `starting`: its messages are being handled
 * - `ready`: all of them were accepted
 * - `failed`: it failed or a message failed; see `error`
 */
export type NodePhase = "starting" | "ready" | "failed";

/** The outcome of one message to a node. */
export type MessagePhase = "waiting" | "done" | "deferred" | "failed";

/** A message that a node accepted, or is handling. */
export interface MessageRecord {
  /** The command's name. */
  readonly command: string;
  /** The argument in canonical form, or as written if it has `${…}`. */
  readonly argument: string | null;
  /** Its outcome. */
  readonly phase: MessagePhase;
  /** The reply in ASCII form. */
  readonly reply: string | null;
  /** The error; null if it did not fail. */
  readonly error: ErrorData | null;
  /** True if it belongs to a topology, false if it was sent manually. */
  readonly declared: boolean;
  /** True if its effect is unknown, or if the node knows that it had none. */
  readonly unverified?: boolean;
}

/** A running node. */
export interface NodeSnapshot {
  /** The ID in hexadecimal, without brackets. */
  readonly id: string;
  /** Its name; null for clones and copies. */
  readonly name: string | null;
  /** Its type's name. */
  readonly type: string;
  /** Its identity hook, for types that have one. */
  readonly hook: string | null;
  /** Its phase. */
  readonly phase: NodePhase;
  /** When it is recreated after it failed. */
  readonly restart: RestartPolicy;
  /** The generation of its creation. */
  readonly generation: number;
  /** Its age, in milliseconds. */
  readonly ageMs: number;
  /** The error if it is `failed`, and the kind of end. */
  readonly error: ErrorData | null;
  /** The kind of end, as one of the close reasons; null while it works. */
  readonly reason: CloseReason | null;
  /** Its owner: the listener's ID for a clone, the clone's for its copy; null for declared nodes. */
  readonly owner: string | null;
  /** The template's node of which it is a copy: `session/upstream`. */
  readonly template: string | null;
  /** Its recorded messages, in order. */
  readonly messages: readonly MessageRecord[];
  /** Its hooks. */
  readonly hooks: readonly HookSnapshot[];
  /** The counts of removed hooks; absent if there is nothing to add. */
  readonly removedHooks?: Carried;
  /** Its own report of its health; null for types without one. */
  readonly report: NodeReport | null;
  /** The argument that resets a setting, as read before it was first set; absent if nothing was read. */
  readonly formers?: Readonly<Record<string, string>>;
}

/** A link between declared nodes in operation, with ends as declared. */
export type LinkSnapshot = GraphState["links"][number];

/** All copies of one node of a template, combined. */
export interface CopiesSnapshot {
  /** The template's node: `session/upstream`. */
  readonly template: string;
  /** Its type's name. */
  readonly type: string;
  /** Its identity hook, for types that have one. */
  readonly hook: string | null;
  /** True if all of them are ready. */
  readonly ready: boolean;
  /** The number of copies, by the generation of their creation. */
  readonly byGeneration: Counts;
  /** The counts of the hooks of all copies, including ended ones, by name. */
  readonly hooks: readonly HookSnapshot[];
  /** The counts of hooks that no copy has any more; absent if there is nothing to add. */
  readonly removedHooks?: Carried;
  /** Dropped items and closed connections, by reason. */
  readonly reasons: Counts;
  /** The number of all copies, by result: `accepted`. */
  readonly results: Counts;
}

/** Accepted connections that depend on the same nodes. */
export interface ConnectionGroup {
  /** The declared listener that accepted them; null for others, and after the listener was removed. */
  readonly listener: string | null;
  /** True for flows of datagrams: they share their listener's socket and end with it. */
  readonly sharesSocket: boolean;
  /** Declared nodes with which they end: those to which they, or their copies, are joined. */
  readonly needs: readonly string[];
  /** Their number. */
  readonly count: number;
}

/** Nodes without a name. */
export interface UnnamedSnapshot {
  /** Accepted connections by the nodes on which they depend. */
  readonly connections: readonly ConnectionGroup[];
  /** Copies of templates, in the order of the creation of the first ones. */
  readonly copies: readonly CopiesSnapshot[];
  /** Connections whose listener was removed, by the generation of their start: there is no node to count them. */
  readonly outliving: Counts;
}

/** The value for a scope without connections. */
export const NO_UNNAMED: UnnamedSnapshot = { connections: [], copies: [], outliving: {} };

/** What to include of a scope. */
export interface SnapshotOptions {
  /** True to include every connection and copy, not only their sums. */
  readonly each?: boolean;
}

/** A running scope. */
export interface ScopeSnapshot {
  /** The topology's name. */
  readonly name: string;
  /** Its description. */
  readonly description: string | null;
  /** The number of changes by plans. */
  readonly generation: number;
  /** Its templates. */
  readonly templates: readonly TemplateState[];
  /** Its nodes; connections and copies are included only on request. */
  readonly nodes: readonly NodeSnapshot[];
  /** Connections and copies, combined. */
  readonly unnamed: UnnamedSnapshot;
  /** The counts of names that no node has now; absent if there are none. */
  readonly past?: readonly CountsSnapshot[];
  /** Links between declared nodes. */
  readonly links: readonly LinkSnapshot[];
  /** Links to nodes that were made manually and are not part of it. */
  readonly manual: readonly ManualLink[];
  /** Durations, by node (`front`) and node of a template (`session/upstream`); absent if they are not measured. */
  readonly timings?: Readonly<Record<string, TimingsSnapshot>>;
}
