/**
 * A session: somebody outside the graph with a node of his own in it, as a process has one by ng_socket(4).
 *
 * The node lives in the scope without a name, and as long as the session. Messages go out from it, so that `.` and
 * relative paths mean something; answers that come later and data that comes in are told as events.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { type ErrorCode, NetgraphError } from "../errors.ts";
import { anchorType } from "./anchor.ts";
import { deliver, prepare } from "./dispatch.ts";
import { GENERIC_COMMANDS, genericHandlers } from "./generic.ts";
import type { Graph } from "./graph.ts";
import type { Hook } from "./hook.ts";
import type { Item } from "./item.ts";
import type { Answer, CallContext, Reply } from "./message.ts";
import { formatNodeId, parseNodeName } from "./name.ts";
import type { Node } from "./node.ts";
import type { NodeType } from "./node_type.ts";
import { Pending } from "./pending.ts";

/** The scope of nodes made by hand. */
const BY_HAND = "";

/** A message to send. */
export interface SessionMessage {
  /** Where to; relative paths begin at the session's node. */
  readonly path: string;
  /** The command's name. */
  readonly command: string;
  /** In ASCII form; null for none. */
  readonly argument: string | null;
  /** True for the command that all nodes have, also where the node has one of its own by that name (`connect`). */
  readonly generic: boolean;
}

/** A reply. */
export interface SessionReply {
  /** Who answers: `[1f]`. */
  readonly from: string;
  /** The command that is answered. */
  readonly command: string;
  /** The command's number. */
  readonly number: number;
  /** In ASCII form; null for a command without reply. */
  readonly text: string | null;
}

/** What sending a message gives at once: the reply, or the number that it will come under. */
export type SessionAnswer =
  | { readonly kind: "reply"; readonly reply: SessionReply }
  | { readonly kind: "pending"; readonly token: number };

/** What comes by itself. */
export type SessionEvent =
  | { readonly kind: "data"; readonly hook: string; readonly octets: Uint8Array<ArrayBuffer> }
  /** The direction into a hook has ended. */
  | { readonly kind: "eof"; readonly hook: string }
  /** The reply to a message that was pending. */
  | { readonly kind: "reply"; readonly token: number; readonly reply: SessionReply }
  /** Its failure. */
  | {
    readonly kind: "failure";
    readonly token: number;
    readonly from: string;
    readonly command: string;
    readonly number: number;
    readonly code: ErrorCode;
    readonly message: string;
  };

/** A node as listings have it. */
export interface SessionNode {
  readonly id: number;
  /** `web/front`, `web/` for what stands for a topology; null for a node without a name. */
  readonly name: string | null;
  readonly type: string;
  /** The newest first. */
  readonly hooks: readonly SessionHook[];
}

/** A hook as listings have it. */
export interface SessionHook {
  readonly name: string;
  readonly peer: {
    readonly hook: string;
    readonly id: number;
    readonly name: string | null;
    readonly type: string;
  } | null;
}

/** Who hears of a session. */
export interface SessionListener {
  /** @returns false when it was taken and no more data shall come until {@linkcode Session.resume} */
  tell(event: SessionEvent): boolean;
  /** The session is over. */
  ended(): void;
}

/** How a session's node is made: by the type of socket nodes, which the core does not know. */
export interface SessionEnd {
  readonly type: NodeType;
  /** Sends octets by a hook; throws NetgraphError EHOSTUNREACH for one that is not there. */
  send(hook: string, octets: Uint8Array<ArrayBuffer>): void;
}

/** Makes the type of the one node that `receive` reads. */
export type MakeSessionEnd = (receive: (hook: Hook, item: Item) => void | false) => SessionEnd;

/** The sessions of a graph. */
export class Sessions {
  readonly #graph: Graph;
  readonly #makeEnd: MakeSessionEnd;
  readonly #open = new Set<Session>();

  constructor(graph: Graph, makeEnd: MakeSessionEnd) {
    this.#graph = graph;
    this.#makeEnd = makeEnd;
  }

  /**
   * Begins a session.
   *
   * @param name the name of its node
   * @throws NetgraphError EADDRINUSE when the name is in use; AsciiError EINVAL for one that no node can have
   */
  open(name: string, listener: SessionListener): Session {
    const graph = this.#graph;
    const valid = parseNodeName(name);
    if (!graph.scopes().includes(BY_HAND)) graph.openScope(BY_HAND, anchorType);
    const end = this.#makeEnd((hook, item) => receive(listener, hook, item));
    const node = graph.makeOwn(end.type, { scope: BY_HAND });
    try {
      graph.rename(node, valid);
    } catch (error) {
      graph.shutdown(node);
      throw error;
    }
    const session = new Session(graph, node, {
      listener,
      send: end.send,
      closed: () => this.#open.delete(session),
    });
    this.#open.add(session);
    return session;
  }

  /** Ends all of them. */
  close(): void {
    for (const session of [...this.#open]) session.close();
  }
}

/** What a session stands on. */
interface SessionParts {
  readonly listener: SessionListener;
  readonly send: SessionEnd["send"];
  readonly closed: () => void;
}

/** A session; only {@linkcode Sessions} makes some. */
export class Session {
  readonly #graph: Graph;
  readonly #node: Node;
  readonly #parts: SessionParts;
  #lastToken = 0;
  #over = false;

  constructor(graph: Graph, node: Node, parts: SessionParts) {
    this.#graph = graph;
    this.#node = node;
    this.#parts = parts;
  }

  /** The node's number in hexadecimal: also what the session goes by. */
  get id(): string {
    return this.#node.id.toString(16);
  }

  /**
   * Sends a message from the session's node.
   *
   * @throws NetgraphError what the node answers, or what is wrong with path or command
   */
  send(message: SessionMessage): SessionAnswer {
    const { command } = message;
    const from = this.#alive();
    const node = this.#graph.resolve(message.path, from);
    const { answer, number } = message.generic
      ? sendGeneric(this.#graph, node, message)
      : send(this.#graph, node, { ...message, from });
    const replyOf = (reply: Reply): SessionReply => ({ from: reply.from, command, number, text: reply.text });
    if (!(answer instanceof Pending)) return { kind: "reply", reply: replyOf(answer) };
    const token = ++this.#lastToken;
    let settled: SessionAnswer | null = null;
    let waiting = false;
    answer.whenSettled((outcome) => {
      if (outcome.ok) {
        const reply = replyOf(outcome.value);
        if (waiting) this.#tell({ kind: "reply", token, reply });
        else settled = { kind: "reply", reply };
        return;
      }
      if (!waiting) throw outcome.error;
      const { code, message } = failureOf(outcome.error);
      this.#tell({ kind: "failure", token, from: formatNodeId(node.id), command, number, code, message });
    });
    waiting = true;
    return settled ?? { kind: "pending", token };
  }

  /**
   * Sends octets by a hook of the session's node.
   *
   * @throws NetgraphError EHOSTUNREACH for a hook that is not there
   */
  write(hook: string, octets: Uint8Array<ArrayBuffer>): void {
    this.#alive();
    this.#parts.send(hook, octets);
  }

  /** The node at a path, or all of them, the newest first. */
  nodes(path: string | null): readonly SessionNode[] {
    const from = this.#alive();
    if (path !== null) return [describe(this.#graph.resolve(path, from))];
    const hidden = this.#graph.scope(BY_HAND).anchor;
    return this.#graph.allNodes().filter((node) => node !== hidden).map(describe);
  }

  /** The types of node, and how many of each live. */
  types(): readonly { readonly name: string; readonly nodes: number }[] {
    const nodes = this.#graph.allNodes();
    return this.#graph.types.map(({ name }) => ({
      name,
      nodes: nodes.filter(({ type }) => type.name === name).length,
    }));
  }

  /** Data can come again, after `tell` has answered false. */
  resume(): void {
    for (const hook of this.#node.hooks.values()) hook.resume();
  }

  /** Ends the session and its node. Doing it twice does nothing. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#graph.shutdown(this.#node);
    this.#parts.closed();
    this.#parts.listener.ended();
  }

  #tell(event: SessionEvent): void {
    if (!this.#over) this.#parts.listener.tell(event);
  }

  #alive(): Node {
    if (this.#node.alive) return this.#node;
    throw new NetgraphError("ENXIO", "Cannot go on: the session's own node was shut down");
  }
}

/** An answer on its way, and the number of the command that it is to. */
interface Sent {
  readonly answer: Answer<Reply>;
  readonly number: number;
}

function send(graph: Graph, node: Node, options: SessionMessage & { readonly from: Node }): Sent {
  const { command, argument, from } = options;
  const prepared = prepare(graph, node, { command, argument });
  return { answer: deliver(graph, node, prepared, { from, declared: false }), number: prepared.command.id };
}

/** Only for the messages that make and change the graph: they have no reply but that it is done. */
function sendGeneric(graph: Graph, node: Node, { command, argument }: SessionMessage): Sent {
  const handlers = genericHandlers(graph, node);
  const context: CallContext = { from: 0, declared: false, answerAs: () => {}, defer: () => {} };
  const done: Reply = { from: formatNodeId(node.id), command, value: undefined, text: null };
  const answered = (answer: Answer<null>, number: number): Sent => {
    graph.emit({ kind: "changed", scope: node.origin.scope });
    if (!(answer instanceof Pending)) return { answer: done, number };
    const later = new Pending<Reply>();
    answer.whenSettled((outcome) => outcome.ok ? later.resolve(done) : later.reject(outcome.error));
    return { answer: later, number };
  };
  const { mkpeer, connect, name, rmhook, shutdown } = GENERIC_COMMANDS;
  switch (command) {
    case "mkpeer":
      return answered(handlers.mkpeer(read(mkpeer.args, argument), context), mkpeer.id);
    case "connect":
      return answered(handlers.connect(read(connect.args, argument), context), connect.id);
    case "name":
      return answered(handlers.name(read(name.args, argument), context), name.id);
    case "rmhook":
      return answered(handlers.rmhook(read(rmhook.args, argument), context), rmhook.id);
    case "shutdown":
      return answered(handlers.shutdown(null, context), shutdown.id);
    default:
      throw new NetgraphError("ENOSYS", `Cannot send "${command}" as a generic message that changes the graph`);
  }
}

function read<T>(type: Parameters<typeof parseText<T>>[0] | null, argument: string | null): T {
  if (type === null || argument === null) throw new NetgraphError("EINVAL", "Cannot send it without an argument");
  return parseText(type, argument);
}

function receive(listener: SessionListener, hook: Hook, item: Item): void | false {
  const room = item.kind === "data"
    ? listener.tell({
      kind: "data",
      hook: hook.name,
      octets: item.buffer.bytes.slice(item.offset, item.offset + item.length),
    })
    : listener.tell({ kind: "eof", hook: hook.name });
  return room ? undefined : false;
}

function failureOf(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (error instanceof NetgraphError) return { code: error.code, message: error.message };
  throw error;
}

function describe(node: Node): SessionNode {
  const hooks = [...node.hooks.values()].reverse().map((hook): SessionHook => {
    const { name, peer } = hook;
    if (peer === null) return { name, peer: null };
    const { id, type } = peer.node;
    return { name, peer: { hook: peer.name, id, name: nameOf(peer.node), type: type.name } };
  });
  return { id: node.id, name: nameOf(node), type: node.type.name, hooks };
}

function nameOf(node: Node): string | null {
  if (node.type.name === anchorType.name) return `${node.origin.scope}/`;
  return node.name === null ? null : node.path;
}
