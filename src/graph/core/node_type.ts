/**
 * A type of node: facts that the core, the loader and the planner check before any of its code runs, and the one
 * function that creates a node.
 *
 * @module
 */

import type { ClientPart } from "./reference.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";
import type { ArrivedMessage } from "./message.ts";
import type { Claim, Target } from "../data/claim.ts";
import type { Hook } from "./hook.ts";
import type { Item } from "./item.ts";
import type { FreebsdForm } from "./freebsd_form.ts";
import type { DrainOrder, DrainResult } from "./drain.ts";
import type { Answer, Handlers } from "./message.ts";
import type { CommandTable } from "./command.ts";
import type { Node } from "./node.ts";
import type { Pending } from "./pending.ts";
import type { NodeReport } from "../data/node_report.ts";
import type { Share } from "../data/share.ts";
import type { Tap } from "./taps.ts";
import type { TargetEvent } from "../data/target_event.ts";
import type { Graph } from "./graph.ts";

/** Hooks for documentation and completion. */
export interface HookRule {
  /** A name, or a pattern with a placeholder: `left`, `many<0..63>`, `<family>/<type>/<protocol>`. */
  readonly pattern: string;
  /** One line of description. */
  readonly summary: string;
  /** Names for editors and shells to complete, if the pattern is not a name itself. */
  readonly examples?: readonly string[];
}

/** A message, for the checks of a type. */
export interface CheckedMessage {
  /** The command's name. */
  readonly command: string;
  /** The argument's value: null if there is none, undefined while it is unknown (it refers to a reply). */
  readonly args: unknown;
  /** The argument as written in the file, if it is one word: it includes parts that its canonical form omits. */
  readonly written?: string;
}

/** A message that a plan sends to a running node. */
export interface MessageChange extends CheckedMessage {
  /** The number of open connections of the node the change keeps. */
  readonly kept: number;
}

/** A problem that a type finds in a declared node. */
export interface Finding {
  /** An error keeps the topology from being applied. */
  readonly severity: "error" | "warning";
  /** A diagnostic's code, such as `unsupported-option`. */
  readonly code: string;
  /** The text of the problem. */
  readonly message: string;
  /** The index of the message concerned; null: the node's hook. */
  readonly messageIndex: number | null;
  /** The part of the message's argument concerned, as names of fields and indexes; without it, all of it. */
  readonly path?: readonly (string | number)[];
  /** Advice; null if there is none. */
  readonly hint: string | null;
  /** True if it applies only if a stream passes the node. */
  readonly onStream?: boolean;
}

/** The kind of data that flows through a hook. */
export type Flow = "stream" | "datagram" | "any";

/** A declared node, for its type. */
export interface DeclaredNode {
  /** The identity hook; null for other types. */
  readonly hook: string | null;
  /** Its messages in order. */
  readonly messages: readonly CheckedMessage[];
  /** True when a link of the topology names it. */
  readonly linked: boolean;
  /** True when it is part of a template. */
  readonly inTemplate: boolean;
}

/** A running node. The core calls all methods; a behaviour is notified of hooks, and never creates them. */
export interface NodeBehaviour<C extends CommandTable = CommandTable> {
  /** A handler for each of the type's commands. */
  readonly commands: Handlers<C>;
  /** True when its hook may have any name, regardless of the type: an accepted connection. */
  readonly takesAnyHook?: boolean;
  /** What flows through its hook, if the hook's name does not define it: an accepted connection. */
  readonly flow?: Flow;
  /**
   * A hook is going to be created.
   *
   * @throws NetgraphError to reject it
   */
  addHook?(hook: Hook): void;
  /**
   * A hook was not created, because the other end rejected it: the node is unchanged. If absent, `hookRemoved` is
   * called.
   */
  hookRefused?(hook: Hook): void;
  /** The hook has a peer: items may be sent. */
  hookConnected?(hook: Hook): void;
  /** The hook has lost its peer and is removed. */
  hookRemoved?(hook: Hook): void;
  /**
   * An item has arrived at `hook`. It is lent until the call returns.
   *
   * @returns nothing if accepted; false if accepted and the node is now full: it calls `hook.resume()` later
   */
  receive(hook: Hook, item: Item): void | false;
  /** The peer of `hook`, which returned false, accepts items again. */
  resumed?(hook: Hook): void;
  /**
   * A message arrived that the type does not list: the state of the link at the other end of a hook (`linkisup`,
   * `linkisdown`), or, at a program's own node, anything.
   *
   * @returns false if the node does not know it; its sender receives an error
   */
  onPeerMessage?(message: ArrivedMessage): boolean;
  /** The bring-up is complete: accepting and reading datagrams may start. Not called for nodes created manually. */
  released?(): void;
  /** A template of its topology was replaced by another of its name. */
  templateChanged?(name: string): void;
  /** Other graphs have this node too, or no longer have it: `Scope.shares` has the part of this one. */
  shared?(share: Share): void;
  /** A tap was opened: it is added to the open connections of the node that it observes. */
  tapped?(tap: Tap): void;
  /** Another thread has events of its targets. */
  targetEvents?(events: readonly TargetEvent[]): void;
  /**
   * The bytes that it keeps and will deliver without further input; a waiting signal counts as at least one byte. The
   * nodes of an ended connection stay until none of them keeps any.
   */
  held?(): number;
  /**
   * Drops the data that it keeps: counts it as dropped, and resets the receivers, which otherwise would see a normal
   * end.
   */
  discard?(reason: CloseReason): void;
  /** A part of the client whose connection it is; null if it has no client, or its client no such part. */
  clientPart?(part: ClientPart): string | null;
  /**
   * Called before the hooks are removed, to deliver or {@linkcode NodeBehaviour.discard} pending data and to join
   * neighbours. May be called twice.
   */
  closing?(): void;
  /**
   * The node was removed: release all resources.
   *
   * @returns a promise that resolves once they are free (the system may need a while for an address); nothing if they
   * are free immediately
   */
  shutdown?(): void | Pending<null>;
  /** Closes the connections that it accepted, within a time limit; answers at their end. */
  drain?(order: DrainOrder): Answer<DrainResult>;
  /** Accepts connections again. */
  undrain?(): void;
  /**
   * Its code has thrown. Releases its resources outside of the graph, and ends its hooks' peers; only `shutdown` is
   * called after this.
   */
  crashed?(error: NetgraphError): void;
  /** Reports its health. If absent, there is nothing to report. */
  report?(): NodeReport;
  /** Adds to the node's counts counts that are kept elsewhere; called before they are read. */
  count?(): void;
}

/** The environment of a new node. */
export interface NodeContext {
  /** Its graph. */
  readonly graph: Graph;
  /** The node of the new behaviour. */
  readonly node: Node;
  /** The graph's clock. */
  readonly clock: Clock;
}

/** A type of node. */
export interface NodeType<C extends CommandTable = CommandTable> {
  /** The type's name, as in `type:`. */
  readonly name: string;
  /** One line of description. */
  readonly summary: string;
  /** Netgraph's number of the type. */
  readonly cookie: number;
  /** Its control messages. */
  readonly commands: C;
  /** Its hooks, for documentation and completion. */
  readonly hooks: readonly HookRule[];
  /** True if its one hook is the node's identity, which `hook:` must name in a topology (ksocket). */
  readonly hookDecides: boolean;
  /** True when a node created manually ends with its last hook. */
  readonly endsWithLastHook: boolean;
  /** True if one received item can cause several sent ones, so that a cycle of such nodes multiplies items. */
  readonly fansOut: boolean;
  /** True if items are passed on unchanged to other hooks; nodes that fan out do so too. */
  readonly passes: boolean;
  /** True for a hook that only receives copies: a connection continues without the nodes behind it. */
  isTap(hook: string): boolean;
  /** True for a hook of a declared node whose received items are not passed on. */
  onlyGives?(hook: string, messages: readonly CheckedMessage[]): boolean;
  /**
   * True for a node at the edge of the graph: received items leave the graph, and sent items came from outside. Its
   * counts are seen from outside.
   */
  readonly outside: boolean;
  /** False: only the core creates nodes of it (`socket`, a scope's anchor); mkpeer gives EINVAL. */
  readonly creatable: boolean;
  /**
   * The canonical form of a hook's name.
   *
   * @throws AsciiError EINVAL for a name that no hook of this type has
   */
  parseHook(name: string): string;
  /** The hook for an end without one, with the names in use; null: it must be named. */
  automaticHook(taken: ReadonlySet<string>): string | null;
  /** The kind of data that flows through the hook. */
  flow(hook: string): Flow;
  /** The effect of a changed message, for the plan: on existing connections, or that it cannot be applied. */
  changeNote?(node: DeclaredNode, change: MessageChange): string | null;
  /** The resources that a declared node needs exclusively. */
  claims(node: DeclaredNode): readonly Claim[];
  /** The addresses to which a declared node connects; absent for types that do not connect. */
  targets?(node: Pick<DeclaredNode, "hook" | "messages">): readonly Target[];
  /** The problems of a declared node, with the capabilities of the socket runtime. */
  check(node: DeclaredNode): readonly Finding[];
  /** FreeBSD's form of the type's messages; absent if FreeBSD has no such type. */
  readonly kernel?: FreebsdForm;
  /** Creates the behaviour of a new node. */
  create(context: NodeContext): NodeBehaviour<C>;
}

/** Facts that {@linkcode defineNodeType} fills in if they are omitted. */
export type OptionalFact =
  | "hookDecides"
  | "endsWithLastHook"
  | "fansOut"
  | "passes"
  | "isTap"
  | "outside"
  | "creatable"
  | "automaticHook"
  | "flow"
  | "claims"
  | "check";

/**
 * A node type whose behaviour is checked against its own command table, for the table of all types.
 *
 * @example
 * ```ts
 * import { type Command, defineNodeType, Graph, uint32 } from "@sockgraph/sockgraph";
 *
 * const countType = defineNodeType<{ readonly getcount: Command<null, number> }>({
 *   name: "count",
 *   summary: "Counts received items",
 *   cookie: 1,
 *   commands: {
 *     getcount: { id: 1, summary: "How many items", args: null, reply: uint32, kind: "query", cost: "live" },
 *   },
 *   hooks: [{ pattern: "<any>", summary: "From others" }],
 *   parseHook: (name) => name,
 *   create: () => {
 *     let items = 0;
 *     return { commands: { getcount: () => items }, receive: () => void items++ };
 *   },
 * });
 * await using graph = await Graph.open({ runtime: "memory", types: [countType] });
 * await graph.mkpeer(".", { type: "count", ourhook: "it", peerhook: "in" });
 * console.log((await graph.msg("it", "getcount")).text); // 0
 * ```
 */
export function defineNodeType<C extends CommandTable>(
  type: Omit<NodeType<C>, OptionalFact> & Partial<Pick<NodeType<C>, OptionalFact>>,
): NodeType<C> {
  return { ...DEFAULTS, ...type };
}

const DEFAULTS: Pick<NodeType, OptionalFact> = {
  hookDecides: false,
  endsWithLastHook: true,
  fansOut: false,
  passes: false,
  isTap: (): boolean => false,
  outside: false,
  creatable: true,
  automaticHook: (): string | null => null,
  flow: (): Flow => "any",
  claims: (): readonly Claim[] => [],
  check: (): readonly Finding[] => [],
};
