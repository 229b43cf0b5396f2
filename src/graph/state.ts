/**
 * A topology as plain data: one shape for what is wanted and what is observed, so that unchanged means an empty plan
 * and what `export` prints can be applied.
 *
 * What the world chose (a port, a peer, a counter) is never here. Nodes that were born at run time (accepted
 * connections, copies of templates) are not here either: they have an owner.
 *
 * @module
 */

/** When a node that ended by itself is made anew. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** One control message in canonical form. */
export interface MessageState {
  readonly command: string;
  /** The argument in canonical ASCII form, or with its `${…}` expressions as written; null where there is none. */
  readonly argument: string | null;
}

/** A declared node. */
export interface NodeState {
  readonly name: string;
  readonly type: string;
  /** The canonical name of the one hook that decides what the node is (`inet/stream/tcp`); null for other types. */
  readonly hook: string | null;
  readonly restart: RestartPolicy;
  readonly messages: readonly MessageState[];
}

/** One end of a link. */
export interface End {
  readonly node: string;
  /** Null where the node's type picks the hook itself. */
  readonly hook: string | null;
}

/** Two hooks that are joined, the smaller end first (see {@linkcode compareEnds}). */
export interface LinkState {
  readonly ends: readonly [End, End];
}

/** A template's parameter. */
export interface ParameterState {
  readonly name: string;
  /** What stands for it when nobody gives it; null: it must be given. */
  readonly value: string | null;
}

/** What is copied for every accepted connection. */
export interface TemplateState {
  readonly name: string;
  readonly parameters: readonly ParameterState[];
  /** Where the clone's hook is joined. */
  readonly entry: End;
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
}

/** A topology. Nodes and templates keep the file's order; links are in canonical order. */
export interface GraphState {
  readonly name: string;
  readonly description: string | null;
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
  readonly templates: readonly TemplateState[];
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

/** `node:hook`, or `node` alone for an automatic hook. */
export function formatEnd(end: End): string {
  return end.hook === null ? end.node : `${end.node}:${end.hook}`;
}

/** A message as one types it: `bind inet/127.0.0.1:80`. */
export function formatMessage(message: MessageState): string {
  return message.argument === null ? message.command : `${message.command} ${message.argument}`;
}

/** A topology without anything in it. */
export function emptyState(name: string): GraphState {
  return { name, description: null, nodes: [], links: [], templates: [] };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
