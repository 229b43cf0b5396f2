/**
 * What a type of node is: facts that the core, the loader and the planner check before any of its code runs, and the
 * one function that makes a node of it.
 *
 * @module
 */

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
import type { Graph } from "./graph.ts";

/** Hooks as documentation and completion show them. */
export interface HookRule {
  /** A name, or a pattern with a placeholder: `left`, `many<0..63>`, `<family>/<type>/<protocol>`. */
  readonly pattern: string;
  /** One line for people. */
  readonly summary: string;
  /** Names for editors and shells to complete, where the pattern is no name itself. */
  readonly examples?: readonly string[];
}

/** A message as the checks of a type see it. */
export interface CheckedMessage {
  /** The command's name. */
  readonly command: string;
  /** The argument's value: null where there is none, undefined while it is not known (it refers to a reply). */
  readonly args: unknown;
  /** The argument as the file has it, where it is one word: what its canonical form leaves out is still there. */
  readonly written?: string;
}

/** A message that a plan sends to a node at work. */
export interface MessageChange extends CheckedMessage {
  /** How many live connections of the node the change keeps. */
  readonly kept: number;
}

/** Something that a type finds wrong with a declared node. */
export interface Finding {
  /** An error keeps the topology from being applied. */
  readonly severity: "error" | "warning";
  /** A diagnostic's code, such as `unsupported-option`. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** Which message it is about, by index; null: the node's hook. */
  readonly messageIndex: number | null;
  /** The way to the part of the message's argument that it is about: names of fields, indexes; without it, all of it. */
  readonly path?: readonly (string | number)[];
  /** Advice; null where there is none. */
  readonly hint: string | null;
  /** True when it holds only where a stream passes the node. */
  readonly onStream?: boolean;
}

/** What flows through a hook. */
export type Flow = "stream" | "datagram" | "any";

/** How a declared node looks to its type. */
export interface DeclaredNode {
  /** The hook that decides what it is; null for other types. */
  readonly hook: string | null;
  /** Its messages in order. */
  readonly messages: readonly CheckedMessage[];
  /** True when a link of the topology names it. */
  readonly linked: boolean;
  /** True when it is part of a template. */
  readonly inTemplate: boolean;
}

/** A node at work. Everything is called by the core; hooks are told to a behaviour, never made by it. */
export interface NodeBehaviour<C extends CommandTable = CommandTable> {
  /** A handler for each of the type's commands. */
  readonly commands: Handlers<C>;
  /** True when its hook may have any name, whatever the type says: an accepted connection. */
  readonly takesAnyHook?: boolean;
  /** What flows through its hook, where the hook's name does not say so: an accepted connection. */
  readonly flow?: Flow;
  /**
   * A hook is about to exist.
   *
   * @throws NetgraphError to refuse it
   */
  addHook?(hook: Hook): void;
  /** A hook that was to exist does not, since the other end refuses: the node is as it was. Without it: `hookRemoved`. */
  hookRefused?(hook: Hook): void;
  /** The hook has a peer: items may be sent. */
  hookConnected?(hook: Hook): void;
  /** The hook has lost its peer and is gone. */
  hookRemoved?(hook: Hook): void;
  /**
   * An item has come in by `hook`. It is borrowed until the call returns.
   *
   * @returns nothing when taken; false when taken and the node is now full: it calls `hook.resume()` later
   */
  receive(hook: Hook, item: Item): void | false;
  /** The peer of `hook`, which had answered false, can take more. */
  resumed?(hook: Hook): void;
  /**
   * A message has come that the type does not list: how the link at the other end of a hook is (`linkisup`,
   * `linkisdown`), or, at a program's own node, anything.
   *
   * @returns false when the node does not know it, and its sender is told so
   */
  takeMessage?(message: ArrivedMessage): boolean;
  /** All of the bring-up is done: accepting and reading datagrams may begin. Not called for nodes made by hand. */
  released?(): void;
  /** A template of its topology was replaced by another of its name. */
  templateChanged?(name: string): void;
  /** Other graphs have this node too, or have it no more: `Scope.shares` says which part this one is. */
  shared?(share: Share): void;
  /**
   * Bytes that it holds and will deliver without any further input; a sign that waits counts as one byte at least. The
   * nodes of a connection that has ended stay until none of them holds any.
   */
  held?(): number;
  /** Gives up what it holds: counts it as dropped, and resets the receivers, which would take it for the end otherwise. */
  discard?(reason: CloseReason): void;
  /**
   * Comes before the hooks are removed: the last chance to deliver or {@linkcode NodeBehaviour.discard} what it holds and
   * to join neighbours. May come twice.
   */
  closing?(): void;
  /**
   * The node is gone; give back what it holds.
   *
   * @returns settled once others can have it (an address that the system takes a while to free); nothing when at once
   */
  shutdown?(): void | Pending<null>;
  /** Ends the connections that came by it, by a deadline; answers when they have ended. */
  drain?(order: DrainOrder): Answer<DrainResult>;
  /** Takes connections again. */
  undrain?(): void;
  /** Its code has thrown. Ends what it has outside of the graph, and its hooks' peers; nothing else is called but `shutdown`. */
  crashed?(error: NetgraphError): void;
  /** How it fares. Without it there is nothing to tell. */
  report?(): NodeReport;
  /** Adds to the node's counts what was counted elsewhere; comes before they are read. */
  count?(): void;
}

/** What a new node gets. */
export interface NodeContext {
  /** The graph it is in. */
  readonly graph: Graph;
  /** The node whose behaviour is wanted. */
  readonly node: Node;
  /** The graph's time. */
  readonly clock: Clock;
}

/** A type of node. */
export interface NodeType<C extends CommandTable = CommandTable> {
  /** The type's name, as `type:` takes it. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Netgraph's number of the type. */
  readonly cookie: number;
  /** Its control messages. */
  readonly commands: C;
  /** Its hooks, for documentation and completion. */
  readonly hooks: readonly HookRule[];
  /** True when the node is its one hook, which `hook:` must name in a topology (ksocket). */
  readonly hookDecides: boolean;
  /** True when a node made by hand ends with its last hook. */
  readonly endsWithLastHook: boolean;
  /** True when one item in can be several out, so that a cycle of such nodes multiplies. */
  readonly fansOut: boolean;
  /** True when what comes in by one hook goes out by others as it is; so it does where a node fans out. */
  readonly passes: boolean;
  /** True for a hook that only gets copies of what passes: a connection goes on without what it leads to. */
  isTap(hook: string): boolean;
  /** True for a hook of a declared node that passes on nothing of what comes in by it. */
  onlyGives?(hook: string, messages: readonly CheckedMessage[]): boolean;
  /** True when what comes in leaves the graph, and what goes out came from outside: its counts are seen from there. */
  readonly outside: boolean;
  /** False: only the core makes nodes of it (`socket`, a scope's anchor); mkpeer gives EINVAL. */
  readonly creatable: boolean;
  /**
   * The canonical form of a hook's name.
   *
   * @throws AsciiError EINVAL for a name that no hook of this type has
   */
  parseHook(name: string): string;
  /** The hook that an end without one means, given the names in use; null: it must be named. */
  automaticHook(taken: ReadonlySet<string>): string | null;
  /** What flows through the hook. */
  flow(hook: string): Flow;
  /** What a change of a message means, for the plan: to what flows already, or that it cannot be carried out as given. */
  changeNote?(node: DeclaredNode, change: MessageChange): string | null;
  /** What a declared node needs for itself alone. */
  claims(node: DeclaredNode): readonly Claim[];
  /** Where a declared node connects to; absent for types that connect nowhere. */
  targets?(node: Pick<DeclaredNode, "hook" | "messages">): readonly Target[];
  /** What the type finds wrong with a declared node, given what the socket runtime can do. */
  check(node: DeclaredNode): readonly Finding[];
  /** How FreeBSD has what the type's nodes are told; absent where it has no such type. */
  readonly kernel?: FreebsdForm;
  /** Makes the behaviour of a new node. */
  create(context: NodeContext): NodeBehaviour<C>;
}

/** Facts that {@linkcode defineNodeType} fills in where they are left out. */
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
 *   summary: "Counts what comes in",
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
