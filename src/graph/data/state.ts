/**
 * A topology as plain data: one shape for what is wanted and what is observed, so that unchanged means an empty plan
 * and what `export` prints can be applied.
 *
 * What the world chose (a port, a peer, a counter) is never here. Nodes that were born at run time (accepted
 * connections, copies of templates) are not here either: they have an owner.
 *
 * @module
 */

/** When a node that ended by itself is recreated. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** What holds of a node whose policy nothing says. */
export const DEFAULT_RESTART: RestartPolicy = "always";

/** One control message in canonical form. */
export interface MessageState {
  /** The command's name. */
  readonly command: string;
  /** The argument in canonical ASCII form, or with its `${…}` expressions as written; null where there is none. */
  readonly argument: string | null;
}

/** A declared node. */
export interface NodeState {
  /** Its name, unique within its topology or template. */
  readonly name: string;
  /** Its type's name. */
  readonly type: string;
  /** The canonical name of the one hook that decides what the node is (`inet/stream/tcp`); null for other types. */
  readonly hook: string | null;
  /** When it is made anew after it ended by itself. */
  readonly restart: RestartPolicy;
  /** What it is sent, in this order. */
  readonly messages: readonly MessageState[];
}

/** One end of a link. */
export interface End {
  /** The node's name. */
  readonly node: string;
  /** Null where the node's type picks the hook itself. */
  readonly hook: string | null;
}

/** Two hooks that are joined, the smaller end first (see {@linkcode compareEnds}). */
export interface LinkState {
  /** What is joined. */
  readonly ends: readonly [End, End];
}

/** A template's parameter. */
export interface ParameterState {
  /** What `${with.NAME}` refers to. */
  readonly name: string;
  /** Its default; null: it must be given. */
  readonly value: string | null;
}

/** What is copied for every accepted connection. */
export interface TemplateState {
  /** Its name, unique within the topology. */
  readonly name: string;
  /** What its users give. */
  readonly parameters: readonly ParameterState[];
  /** Where the clone's hook is joined. */
  readonly entry: End;
  /** What is copied. */
  readonly nodes: readonly NodeState[];
  /** How the copies are joined. */
  readonly links: readonly LinkState[];
}

/** A link, made manually, from a node of the topology to one that is not part of it. Never in a desired state. */
export interface ManualLink {
  /** The node of the topology: its name, or `[1f]` for a copy of a template's node. */
  readonly node: string;
  /** Which node of which template it copies; null for a declared node. */
  readonly template: string | null;
  /** Its hook. */
  readonly hook: string;
  /** What is joined to it: `[2a]:x`. */
  readonly peer: string;
  /** The type of the node there. */
  readonly peerType: string;
}

/** A topology. Nodes and templates keep the file's order; links are in canonical order. */
export interface GraphState {
  /** The topology's name. */
  readonly name: string;
  /** What it is for. */
  readonly description: string | null;
  /** Its declared nodes. */
  readonly nodes: readonly NodeState[];
  /** How they are joined. */
  readonly links: readonly LinkState[];
  /** What is copied for accepted connections. */
  readonly templates: readonly TemplateState[];
  /** Links that were made manually, where there are any. */
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

/** Links whose hooks are named come first, or another one would pick such a name for itself. */
export function namedFirst(links: readonly LinkState[]): readonly LinkState[] {
  return [...links.filter(namesHooks), ...links.filter((link) => !namesHooks(link))];
}

/** True where no end leaves its hook to the node's type. */
export function namesHooks({ ends }: LinkState): boolean {
  return ends.every(({ hook }) => hook !== null);
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
