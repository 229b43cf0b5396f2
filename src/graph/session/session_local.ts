/**
 * The sessions of a graph in the same thread.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import { anchorType } from "../message/anchor.ts";
import type { ArrivedMessage } from "../core/message.ts";
import { offerToNode, type Sender } from "../message/peer_message.ts";
import { deliver, OUTSIDE, prepare } from "../message/dispatch.ts";
import { followPath } from "../message/follow.ts";
import { GENERIC_COMMANDS, genericHandlers } from "../message/generic.ts";
import type { Graph } from "../core/graph.ts";
import type { Hook } from "../core/hook.ts";
import type { Item, Tag } from "../core/item.ts";
import type { Answer, Reply } from "../core/message.ts";
import { formatNodeId, parseNodeName } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import type { NodeType } from "../core/node_type.ts";
import { Pending } from "../core/pending.ts";
import type {
  DataAddress,
  Session,
  SessionAnswer,
  SessionEvent,
  SessionHook,
  SessionListener,
  SessionMessage,
  SessionNode,
  SessionReply,
  TypeCount,
  WriteOptions,
} from "./session.ts";

/** The scope of nodes created manually. */
const BY_HAND = "";

/** The limit of data after the listener is full: more is dropped, and its hook counts it. */
const MAX_BEYOND_BYTES = 1024 * 1024;

/** The reader of a session's node. */
export interface SessionEndReader {
  /** An item has arrived, lent until the call returns; false: no more until `resume()`. */
  receive(hook: Hook, item: Item): void | false;
  /** After a send that returned false, the next one can follow. */
  resumed(hook: Hook): void;
  /** A hook was removed. */
  removed(hook: Hook): void;
  /** A message has arrived from another node; true if it was accepted. */
  onMessage(message: ArrivedMessage): boolean;
}

/** Creates a session's node: by the type of socket nodes, which the core does not know. */
export interface SessionEnd {
  /** The type of that one node. */
  readonly type: NodeType;
  /** Sends bytes by a hook; throws NetgraphError EHOSTUNREACH for one that does not exist. */
  send(hook: string, octets: Uint8Array<ArrayBuffer>, options: WriteOptions): void | false;
  /** Ends the direction out of a hook. */
  end(hook: string): void;
  /** The source of an item, from its tag. */
  addressOf(tag: Tag | null): DataAddress | null;
}

/** Creates the type of the one node that `reader` reads. */
export type MakeSessionEnd = (reader: SessionEndReader) => SessionEnd;

/** The sessions of a graph. */
export class Sessions {
  readonly #graph: Graph;
  readonly #makeEnd: MakeSessionEnd;
  readonly #open = new Set<LocalSession>();

  constructor(graph: Graph, makeEnd: MakeSessionEnd) {
    this.#graph = graph;
    this.#makeEnd = makeEnd;
  }

  /**
   * Opens a session.
   *
   * @param name the name of its node; null for none
   * @throws NetgraphError EADDRINUSE if the name is in use; AsciiError EINVAL for one that no node can have
   */
  open(name: string | null, listener: SessionListener): Session {
    const graph = this.#graph;
    const valid = name === null ? null : parseNodeName(name);
    if (!graph.scopes().includes(BY_HAND)) graph.openScope(BY_HAND, anchorType);
    const session = new LocalSession(graph, {
      makeEnd: this.#makeEnd,
      listener,
      closed: () => this.#open.delete(session),
    });
    try {
      if (valid !== null) graph.rename(session.node, valid);
    } catch (error) {
      graph.shutdown(session.node);
      throw error;
    }
    this.#open.add(session);
    return session;
  }

  /** Ends all of them. */
  close(): void {
    for (const session of [...this.#open]) session.endNow();
  }
}

/** The parts of a session. */
interface SessionParts {
  readonly makeEnd: MakeSessionEnd;
  readonly listener: SessionListener;
  readonly closed: () => void;
}

/** A session; only {@linkcode Sessions} creates them. */
class LocalSession implements Session {
  readonly node: Node;
  readonly #graph: Graph;
  readonly #end: SessionEnd;
  readonly #parts: SessionParts;
  /** Writes that wait for room, by hook. */
  readonly #waiting = new Map<string, Pending<null>>();
  #lastToken = 0;
  /** The data that arrived since the listener was full; null while it is not. */
  #beyondBytes: number | null = null;
  #over = false;

  constructor(graph: Graph, parts: SessionParts) {
    this.#graph = graph;
    this.#parts = parts;
    this.#end = parts.makeEnd({
      receive: (hook, item) => this.#receive(hook, item),
      resumed: (hook) => this.#resumeSender(hook),
      removed: (hook) => {
        this.#resumeSender(hook);
        this.#emit({ kind: "unhooked", hook: hook.name });
      },
      onMessage: (message) => this.#onPeerMessage(message),
    });
    this.node = graph.makeInternal(this.#end.type, { scope: BY_HAND });
  }

  get id(): string {
    return this.node.id.toString(16);
  }

  // Messages

  send(message: SessionMessage): Promise<SessionAnswer> {
    return Promise.try(() => this.#send(message));
  }

  #send(message: SessionMessage): SessionAnswer {
    const { command } = message;
    const from = this.#alive();
    const { node, hook } = followPath(this.#graph, message.path, from);
    const { answer, number } = message.generic
      ? sendGeneric(this.#graph, node, message)
      : send(this.#graph, node, { ...message, from, by: hook });
    const replyOf = (reply: Reply): SessionReply => ({ from: reply.from, command, number, text: reply.text });
    if (!(answer instanceof Pending)) return { kind: "reply", reply: replyOf(answer) };
    const token = ++this.#lastToken;
    let settled: SessionAnswer | null = null;
    let waiting = false;
    answer.whenSettled((outcome) => {
      if (outcome.ok) {
        const reply = replyOf(outcome.value);
        if (waiting) this.#emit({ kind: "reply", token, reply });
        else settled = { kind: "reply", reply };
        return;
      }
      if (!waiting) throw outcome.error;
      const { code, message } = failureOf(outcome.error);
      this.#emit({ kind: "failure", token, from: formatNodeId(node.id), command, number, code, message });
    });
    waiting = true;
    return settled ?? { kind: "pending", token };
  }

  // Data

  async write(hook: string, octets: Uint8Array<ArrayBuffer>, options: WriteOptions = {}): Promise<void> {
    this.#alive();
    if (this.#waiting.has(hook)) {
      throw new NetgraphError("ENOBUFS", `Cannot write by hook "${hook}": the write before still waits for room`);
    }
    const room = new Pending<null>();
    // It may be resumed from within the send.
    this.#waiting.set(hook, room);
    try {
      if (this.#end.send(hook, octets, options) === false) await room.promise();
    } finally {
      if (this.#waiting.get(hook) === room) this.#waiting.delete(hook);
    }
  }

  end(hook: string): Promise<void> {
    return Promise.try(() => {
      this.#alive();
      this.#end.end(hook);
    });
  }

  resume(): void {
    if (this.#beyondBytes === null) return;
    this.#beyondBytes = null;
    for (const hook of this.node.hooks.values()) hook.resume();
  }

  #resumeSender(hook: Hook): void {
    const waiting = this.#waiting.get(hook.name);
    this.#waiting.delete(hook.name);
    waiting?.resolve(null);
  }

  #receive(hook: Hook, item: Item): void | false {
    if (!this.#reportItem(hook, item)) this.#beyondBytes ??= 0;
    return this.#beyondBytes === null ? undefined : false;
  }

  #reportItem(hook: Hook, item: Item): boolean {
    const { name } = hook;
    switch (item.kind) {
      case "eof":
        return this.#emit({ kind: "eof", hook: name });
      case "abort":
        return this.#emit({ kind: "abort", hook: name, reason: item.reason });
      case "data": {
        if (this.#beyondBytes !== null && (this.#beyondBytes += item.length) > MAX_BEYOND_BYTES) {
          hook.drop("queue_full", item.length);
          return false;
        }
        const octets = item.buffer.bytes.slice(item.offset, item.offset + item.length);
        const from = this.#end.addressOf(item.tag);
        return this.#emit({ kind: "data", hook: name, octets, whole: item.whole, from });
      }
    }
  }

  /** A listener that does not read receives no messages: unlike data, a message cannot wait in the graph. */
  #onPeerMessage({ from, hook, command, number, argument }: ArrivedMessage): boolean {
    if (this.#beyondBytes !== null) {
      const why = "its program has not read what came before";
      throw new NetgraphError("ENOBUFS", `Cannot send "${command}" to "${this.node.path}": ${why}`);
    }
    const event = { kind: "command", from: formatSender(from), hook: hook?.name ?? null, command, number } as const;
    if (!this.#emit({ ...event, text: argument })) this.#beyondBytes = 0;
    return true;
  }

  #emit(event: SessionEvent): boolean {
    return this.#over || this.#parts.listener.emit(event);
  }

  // Listings

  nodes(path: string | null): Promise<readonly SessionNode[]> {
    return Promise.try(() => {
      const from = this.#alive();
      if (path !== null) return [describeNode(followPath(this.#graph, path, from).node)];
      const hidden = this.#graph.scope(BY_HAND).anchor;
      return this.#graph.allNodes().filter((node) => node !== hidden).map(describeNode);
    });
  }

  types(): Promise<readonly TypeCount[]> {
    const nodes = this.#graph.allNodes();
    const countOf = (type: string): number => nodes.filter((node) => node.type.name === type).length;
    return Promise.resolve(this.#graph.types.map(({ name }) => ({ name, nodes: countOf(name) })));
  }

  // The end

  close(): Promise<void> {
    this.endNow();
    return Promise.resolve();
  }

  /** Ends it: removes its node's hooks, and nodes without other hooks. */
  endNow(): void {
    if (this.#over) return;
    this.#over = true;
    this.#graph.shutdown(this.node);
    this.#parts.closed();
    this.#parts.listener.ended();
  }

  #alive(): Node {
    if (this.node.alive) return this.node;
    throw new NetgraphError("ENXIO", "Cannot continue: the node of the session was shut down");
  }
}

/** A pending answer, and the number of its command. */
interface Sent {
  readonly answer: Answer<Reply>;
  readonly number: number;
}

function send(graph: Graph, node: Node, options: SessionMessage & Required<Sender>): Sent {
  const { command, argument, folder, from, by } = options;
  const given = offerToNode(node, { command, argument }, { from, by });
  if (given !== null) return { answer: given.reply, number: given.number };
  const prepared = prepare(graph, node, { command, argument }, folder);
  return { answer: deliver(graph, node, prepared, { from, by, declared: false }), number: prepared.command.id };
}

/** Only for the messages that create and change the graph: their reply only confirms that. */
function sendGeneric(graph: Graph, node: Node, { command, argument }: SessionMessage): Sent {
  const handlers = genericHandlers(graph, node);
  const context = OUTSIDE;
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

/** No node has the ID 0: it means a sender outside the graph. */
function formatSender(id: number): string {
  return `[${id.toString(16)}]`;
}

function failureOf(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (error instanceof NetgraphError) return { code: error.code, message: error.message };
  throw error;
}

/** A node and its hooks as plain data. */
function describeNode(node: Node): SessionNode {
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
