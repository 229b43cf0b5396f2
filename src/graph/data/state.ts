/**
 * A topology as plain data: one type for desired and observed state, so that an unchanged topology has an empty plan
 * and the output of `export` can be applied.
 *
 * Values that the environment chooses (a port, a peer, a counter) are never here. Nodes that were created at run time
 * (accepted connections, copies of templates) are not here either: they have an owner.
 *
 * @module
 */

/** When a node that failed is recreated. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** The default policy. */
export const DEFAULT_RESTART: RestartPolicy = "always";

/** One control message in canonical form. */
export interface MessageState {
  /** The command's name. */
  readonly command: string;
  /** The argument in canonical ASCII form, or with its `${…}` expressions as written; null if there is none. */
  readonly argument: string | null;
}

/** A declared node. */
export interface NodeState {
  /** Its name, unique within its topology or template. */
  readonly name: string;
  /** Its type's name. */
  readonly type: string;
  /** The canonical name of the identity hook (`inet/stream/tcp`); null for other types. */
  readonly hook: string | null;
  /** When it is recreated after it failed. */
  readonly restart: RestartPolicy;
  /** Its messages, in this order. */
  readonly messages: readonly MessageState[];
  /** Nodes whose messages are sent before its own, for the order of a plan; absent if there are none. */
  readonly depends?: readonly string[];
  /** The name of all nodes of its `each`, such as `game-*`, for people; absent without one. */
  readonly group?: string;
}

/** One end of a link. */
export interface End {
  /** The node's name. */
  readonly node: string;
  /** Null if the node's type chooses the hook. */
  readonly hook: string | null;
}

/** Two hooks that are joined, the smaller end first (see {@linkcode compareEnds}). */
export interface LinkState {
  /** The ends. */
  readonly ends: readonly [End, End];
}

/** A template's parameter. */
export interface ParameterState {
  /** The name in `${with.NAME}`. */
  readonly name: string;
  /** Its default; null: it must be given. */
  readonly value: string | null;
}

/** A group of nodes that is copied for every accepted connection. */
export interface TemplateState {
  /** Its name, unique within the topology. */
  readonly name: string;
  /** The parameters of its users. */
  readonly parameters: readonly ParameterState[];
  /** The end to which the clone's hook is joined. */
  readonly entry: End;
  /** Its nodes. */
  readonly nodes: readonly NodeState[];
  /** The links of its nodes. */
  readonly links: readonly LinkState[];
}

/** A link, made manually, from a node of the topology to one that is not part of it. Never in a desired state. */
export interface ManualLink {
  /** The node of the topology: its name, or `[1f]` for a copy of a template's node. */
  readonly node: string;
  /** The template's node of which it is a copy; null for a declared node. */
  readonly template: string | null;
  /** Its hook. */
  readonly hook: string;
  /** Its peer: `[2a]:x`. */
  readonly peer: string;
  /** The type of the peer's node. */
  readonly peerType: string;
}

/** A topology. Nodes and templates keep the file's order; links are in canonical order. */
export interface GraphState {
  /** The topology's name. */
  readonly name: string;
  /** Its description. */
  readonly description: string | null;
  /** Its declared nodes. */
  readonly nodes: readonly NodeState[];
  /** Its links. */
  readonly links: readonly LinkState[];
  /** Its templates. */
  readonly templates: readonly TemplateState[];
  /** Links that were made manually, if there are any. */
  readonly manual?: readonly ManualLink[];
}

/** Orders ends by node, then hook; an automatic hook comes first. */
export function compareEnds(a: End, b: End): number {
  return compareText(a.node, b.node) || compareText(a.hook ?? "", b.hook ?? "");
}

/** A link whose smaller end comes first. */
export function canonicalLink(a: End, b: End): LinkState {
  return { ends: compareEnds(a, b) <= 0 ? [a, b] : [b, a] };
}

/** Orders links by their ends. */
export function compareLinks(a: LinkState, b: LinkState): number {
  return compareEnds(a.ends[0], b.ends[0]) || compareEnds(a.ends[1], b.ends[1]);
}

/** Links whose hooks are named come first, because another link could choose such a name automatically. */
export function namedFirst(links: readonly LinkState[]): readonly LinkState[] {
  return [...links.filter(namesHooks), ...links.filter((link) => !namesHooks(link))];
}

/** True if both ends name their hooks. */
export function namesHooks({ ends }: LinkState): boolean {
  return ends.every(({ hook }) => hook !== null);
}

/** `node:hook`, or `node` alone for an automatic hook. */
export function formatEnd(end: End): string {
  return end.hook === null ? end.node : `${end.node}:${end.hook}`;
}

/** A message as typed: `bind inet/127.0.0.1:80`. */
export function formatMessage(message: MessageState): string {
  return message.argument === null ? message.command : `${message.command} ${message.argument}`;
}

/** An empty topology. */
export function emptyState(name: string): GraphState {
  return { name, description: null, nodes: [], links: [], templates: [] };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
