/**
 * A scope as it runs, as plain data that may cross a thread: what `observe` turns into a GraphState and `status` into
 * words.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { CloseReason } from "./close_reason.ts";
import type { Carried, CountsSnapshot } from "./counts.ts";
import type { NodeReport, Traffic } from "./node_report.ts";
import type { GraphState, ManualLink, RestartPolicy, TemplateState } from "./state.ts";
import type { Counts } from "./totals.ts";
import type { TimingsSnapshot } from "./timings.ts";

/**
 * - `starting`: its messages are on their way
 * - `ready`: all of them were taken
 * - `failed`: it ended by itself or a message failed; see `error`
 */
export type NodePhase = "starting" | "ready" | "failed";

/** How one message that a node was sent turned out. */
export type MessagePhase = "waiting" | "done" | "deferred" | "failed";

/** A message that a node took, or is taking. */
export interface MessageRecord {
  /** The command's name. */
  readonly command: string;
  /** The argument in canonical form, or as written where it has `${…}`. */
  readonly argument: string | null;
  /** How it turned out. */
  readonly phase: MessagePhase;
  /** The reply in ASCII form. */
  readonly reply: string | null;
  /** Why it failed; null when it did not. */
  readonly error: ErrorData | null;
  /** True when a topology sent it, false when a hand did. */
  readonly declared: boolean;
  /** True where the node does not know whether it has its effect, or knows that it has not. */
  readonly unverified?: boolean;
}

/** A hook as it runs. */
export interface HookSnapshot {
  /** The hook's name; `echo*` for all those that lead to connections from one place. */
  readonly name: string;
  /** True when the node's type picked the name. */
  readonly automatic: boolean;
  /**
   * `node:hook` or `[1f]:hook`; the listener or the template alone where that is a connection or a copy; null when the
   * engine's own socket node holds it.
   */
  readonly peer: string | null;
  /** What came in. */
  readonly in: Traffic;
  /** What went out. */
  readonly out: Traffic;
  /** Items dropped here, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Bytes of these items, by reason. */
  readonly droppedBytes: Readonly<Record<string, number>>;
}

/** A node as it runs. */
export interface NodeSnapshot {
  /** Without brackets, hexadecimal. */
  readonly id: string;
  /** Its name; null for clones and copies. */
  readonly name: string | null;
  /** Its type's name. */
  readonly type: string;
  /** The hook that decides what it is, for types whose hook does. */
  readonly hook: string | null;
  /** How far it is. */
  readonly phase: NodePhase;
  /** When it is made anew after it ended by itself. */
  readonly restart: RestartPolicy;
  /** The generation it was made under. */
  readonly generation: number;
  /** How long it has been there, in milliseconds. */
  readonly ageMs: number;
  /** Why it is `failed`, and how it ended. */
  readonly error: ErrorData | null;
  /** How it ended, in the one vocabulary of close reasons; null while it works. */
  readonly reason: CloseReason | null;
  /** Who it belongs to: the listener's id for a clone, the clone's for its copy; null for declared nodes. */
  readonly owner: string | null;
  /** Which node of which template it is a copy of: `session/upstream`. */
  readonly template: string | null;
  /** What it was told, in order. */
  readonly messages: readonly MessageRecord[];
  /** Its hooks. */
  readonly hooks: readonly HookSnapshot[];
  /** What hooks that are gone have carried; absent where there is nothing to add. */
  readonly removedHooks?: Carried;
  /** How it fares, as it sees itself; null for types that tell nothing. */
  readonly report: NodeReport | null;
  /** The argument that takes a setting back, as read before it was first made; absent where nothing was read. */
  readonly formers?: Readonly<Record<string, string>>;
}

/** A link between declared nodes as it runs, ends as declared. */
export type LinkSnapshot = GraphState["links"][number];

/** All copies of one node of a template, together. */
export interface CopiesSnapshot {
  /** Which node of which template: `session/upstream`. */
  readonly template: string;
  /** Its type's name. */
  readonly type: string;
  /** The hook that decides what it is, for types whose hook does. */
  readonly hook: string | null;
  /** True when all of them are. */
  readonly ready: boolean;
  /** How many there are, by the generation they were made under. */
  readonly byGeneration: Counts;
  /** What the hooks of all that ever were have carried, by name. */
  readonly hooks: readonly HookSnapshot[];
  /** What hooks that no copy has any more have carried; absent where there is nothing to add. */
  readonly removedHooks?: Carried;
  /** What was dropped or closed, by reason. */
  readonly reasons: Counts;
  /** How many copies there have been, by what became of them: `accepted`. */
  readonly results: Counts;
}

/** Accepted connections that depend on the same nodes. */
export interface ConnectionGroup {
  /** The declared listener that accepted them; null for others, and once the listener is gone. */
  readonly listener: string | null;
  /** True for flows of datagrams: they share their listener's socket and end with it. */
  readonly sharesSocket: boolean;
  /** Declared nodes that they end with: those that they, or the copies made for them, are joined to. */
  readonly needs: readonly string[];
  /** How many there are. */
  readonly count: number;
}

/** Nodes without a name. */
export interface UnnamedSnapshot {
  /** Accepted connections by what they depend on. */
  readonly connections: readonly ConnectionGroup[];
  /** Copies of templates, in the order in which the first ones were made. */
  readonly copies: readonly CopiesSnapshot[];
  /** Connections whose listener is gone, by the generation they began under: there is no node to count them. */
  readonly outliving: Counts;
}

/** What a scope without connections has. */
export const NOBODY_UNNAMED: UnnamedSnapshot = { connections: [], copies: [], outliving: {} };

/** What to tell of a scope. */
export interface SnapshotOptions {
  /** True to tell of every connection and copy, not only of all together. */
  readonly each?: boolean;
}

/** A scope as it runs. */
export interface ScopeSnapshot {
  /** The topology's name. */
  readonly name: string;
  /** What it is for. */
  readonly description: string | null;
  /** How often it was changed by a plan. */
  readonly generation: number;
  /** Its templates. */
  readonly templates: readonly TemplateState[];
  /** Its nodes; connections and copies are among them only where each was asked for. */
  readonly nodes: readonly NodeSnapshot[];
  /** Connections and copies, all together. */
  readonly unnamed: UnnamedSnapshot;
  /** What was counted under names that no node has now; absent where there is nothing. */
  readonly past?: readonly CountsSnapshot[];
  /** Links between declared nodes. */
  readonly links: readonly LinkSnapshot[];
  /** Links to nodes that were made manually and are not part of it. */
  readonly manual: readonly ManualLink[];
  /** How long things took, by node (`front`) and node of a template (`session/upstream`); absent where nobody counts. */
  readonly timings?: Readonly<Record<string, TimingsSnapshot>>;
}
