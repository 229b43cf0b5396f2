/**
 * A program's own node in a graph, as ng_socket(4) and libnetgraph(3) give one to a process: its own hooks, data in
 * both directions, messages and their replies.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { Channel, type OverflowPolicy } from "../../channel.ts";
import { NetgraphError } from "../../errors.ts";
import { type ConnectHooks, GENERIC_COMMANDS, type MakePeer } from "../../graph/message/generic.ts";
import { splitMessage } from "../../api/operations/nodes.ts";
import type { ArgsOf, Command, CommandTable, ReplyOf } from "../../graph/core/command.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { escapeReferences } from "../../graph/core/reference.ts";
import {
  costOfEvent,
  type DataAddress,
  type Session,
  type SessionEvent,
  type SessionNode,
  type SessionReply,
  type TypeCount,
} from "../../graph/session/session.ts";
import { Answers, type Late } from "../../graph/session/session_answers.ts";

/** An item that a program reads: data, messages that other nodes sent to its own, and signals. */
export type SocketItem = Extract<SessionEvent, { readonly kind: "data" | "command" | "eof" | "abort" | "unhooked" }>;

/** The options of opening a socket. */
export interface SocketOptions {
  /** The name of its node; without one it is addressed by its ID. */
  readonly name?: string;
  /** The limit of bytes that wait to be read: 1 MiB. */
  readonly queueBytes?: number;
  /** What happens to data beyond that: `block`. */
  readonly overflow?: OverflowPolicy;
}

/** The options of sending data. */
export interface SendDataOptions {
  /** The destination, for a ksocket that is not connected: `inet/127.0.0.1:53`, or the `from` of a received item. */
  readonly to?: string | DataAddress;
  /** False: it is a piece of a stream, and not a self-contained item. */
  readonly whole?: boolean;
}

/** A message with its argument as a value: `{ commands: KSOCKET_COMMANDS, command: "listen", args: 128 }`. */
export interface TypedMessage<C extends CommandTable, K extends keyof C> {
  /** The commands of the node's type. */
  readonly commands: C;
  /** The command. */
  readonly command: K;
  /** Its argument; null if it has none. */
  readonly args: ArgsOf<C[K]> | null;
}

/** A reply to a typed message. */
export interface TypedReply<R> extends SessionReply {
  /** The reply's value; null for a command without reply. */
  readonly value: R | null;
}

/** A later reply to a message that is not awaited, or its error. */
export type LateReply = Late;

const { mkpeer, connect, rmhook } = GENERIC_COMMANDS;
const DEFAULTS = { queueBytes: 1024 * 1024, overflow: "block" } as const;

/**
 * A program's own node in a graph. Closing it ends its hooks, and the nodes without other links.
 *
 * @example
 * ```ts
 * import { Graph } from "@sockgraph/sockgraph";
 *
 * await using graph = await Graph.open({ runtime: "memory" });
 * await using socket = await graph.socket({ name: "me" });
 * await socket.mkpeer(".", { type: "echo", ourhook: "out", peerhook: "in" });
 * await socket.write("out", "hello");
 * for await (const item of socket) {
 *   if (item.kind === "data") console.log(item.hook, new TextDecoder().decode(item.octets)); // out hello
 *   break;
 * }
 * ```
 */
export class GraphSocket implements AsyncDisposable, AsyncIterable<SocketItem> {
  readonly #session: Session;
  readonly #inbox: Channel<SocketItem>;
  readonly #answers: Answers;
  readonly #late: Channel<LateReply>;

  private constructor(
    session: Session,
    parts: { inbox: Channel<SocketItem>; answers: Answers; late: Channel<LateReply> },
  ) {
    this.#session = session;
    this.#inbox = parts.inbox;
    this.#answers = parts.answers;
    this.#late = parts.late;
  }

  /** Opens a socket in the graph behind `port`; programs call `graph.socket()`. */
  static async open(port: Pick<GraphPort, "openSession">, options: SocketOptions = {}): Promise<GraphSocket> {
    const { name = null, queueBytes, overflow } = { ...DEFAULTS, ...options };
    const inbox = new Channel<SocketItem>({
      limit: queueBytes,
      costOf: costOfEvent,
      overflow,
      onRoom: () => session.resume(),
    });
    const late = new Channel<LateReply>();
    const answers = new Answers((event) => {
      if ("token" in event) late.send(event);
    });
    const session = await port.openSession(name, {
      emit: (event) => {
        if (!("token" in event)) return inbox.send(event);
        answers.handle(event);
        return true;
      },
      ended: () => {
        inbox.end();
        late.end();
        answers.end();
      },
    });
    return new GraphSocket(session, { inbox, answers, late });
  }

  /** The address of its node: `[1f]:`. */
  get path(): string {
    return `[${this.#session.id}]:`;
  }

  /** Items of data and messages that were dropped because they were not read in time. */
  get dropped(): number {
    return this.#inbox.dropped;
  }

  // Messages; a relative path begins at the socket's own node

  /** Creates a node and links it to the one at `path`: `.` is the socket's own. */
  async mkpeer(path: string, peer: MakePeer): Promise<void> {
    await this.#generic(path, "mkpeer", formatted(mkpeer, peer));
  }

  /** Links the node at `path` to the one at `hooks.path`, which is relative to the first. */
  async connect(path: string, hooks: ConnectHooks): Promise<void> {
    await this.#generic(path, "connect", formatted(connect, hooks));
  }

  /** Gives a node a name. */
  async name(path: string, name: string): Promise<void> {
    await this.#generic(path, "name", formatted(GENERIC_COMMANDS.name, { name }));
  }

  /** Removes a hook of a node, if it exists. */
  async rmhook(path: string, hook: string): Promise<void> {
    await this.#generic(path, "rmhook", formatted(rmhook, { hook }));
  }

  /** Ends a node. */
  async shutdown(path: string): Promise<void> {
    await this.#generic(path, "shutdown", null);
  }

  /**
   * Sends a message and waits for its reply, without a time limit.
   *
   * @param message as typed, `bind inet/127.0.0.1:80`, or with a value
   * @throws NetgraphError the error of the node
   */
  msg(path: string, message: string): Promise<SessionReply>;
  /** The same with a value. */
  msg<C extends CommandTable, K extends keyof C & string>(
    path: string,
    message: TypedMessage<C, K>,
  ): Promise<TypedReply<ReplyOf<C[K]>>>;
  async msg(path: string, message: string | TypedMessage<CommandTable, string>): Promise<SessionReply> {
    if (typeof message === "string") return await this.#ask(path, splitMessage(message));
    const command = commandOf(message);
    const text = message.args === null ? null : formatted(command, message.args);
    const argument = text === null ? null : escapeReferences(text);
    const reply = await this.#ask(path, { command: message.command, argument });
    const value = command.reply === null || reply.text === null ? null : parseText(command.reply, reply.text);
    const typed: TypedReply<unknown> = { ...reply, value };
    return typed;
  }

  /**
   * Sends a message and does not wait: {@linkcode GraphSocket.reply} returns a later reply.
   *
   * @returns the reply, or the number of the later reply
   */
  async send(path: string, message: string): Promise<{ readonly reply: SessionReply } | { readonly token: number }> {
    const answer = await this.#session.send({ path, ...splitMessage(message), generic: false });
    if (answer.kind === "reply") return { reply: answer.reply };
    this.#answers.leave(answer.token);
    return { token: answer.token };
  }

  /** The next reply or error of a message that {@linkcode GraphSocket.send} sent; null when the socket is closed. */
  reply(): Promise<LateReply | null> {
    return this.#late.next();
  }

  // Data

  /**
   * Sends data by a hook; resolves when there is room for more. It belongs to the graph from then on.
   *
   * @throws NetgraphError EHOSTUNREACH for a hook that does not exist; ENOBUFS while the previous write waits for room;
   * ENOTCONN from a ksocket that is not connected, without `to`
   */
  async write(hook: string, data: string | Uint8Array<ArrayBuffer>, options: SendDataOptions = {}): Promise<void> {
    const { to, whole = true } = options;
    const octets = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const address = typeof to === "string" ? { address: to, id: 0 } : to;
    await this.#session.write(hook, octets, address === undefined ? { whole } : { whole, to: address });
  }

  /** Ends the direction out of a hook. */
  async end(hook: string): Promise<void> {
    await this.#session.end(hook);
  }

  /** The next received item: data of any hook, or a message of another node; null when the socket is closed. */
  read(): Promise<SocketItem | null> {
    return this.#inbox.next();
  }

  /** All received items, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<SocketItem, void, void> {
    return this.#inbox[Symbol.asyncIterator]();
  }

  // The graph around it

  /** The node at a path, or all of them, the newest first. */
  nodes(path: string | null = null): Promise<readonly SessionNode[]> {
    return this.#session.nodes(path);
  }

  /** The types of node, and the number of nodes of each. */
  types(): Promise<readonly TypeCount[]> {
    return this.#session.types();
  }

  /** Closes the socket: its node ends, and so do nodes without other links. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  /** Closes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #generic(path: string, command: string, argument: string | null): Promise<void> {
    await this.#ask(path, { command, argument, generic: true });
  }

  async #ask(
    path: string,
    { command, argument, generic = false }: { command: string; argument: string | null; generic?: boolean },
  ): Promise<SessionReply> {
    const answer = await this.#session.send({ path, command, argument, generic });
    if (answer.kind === "reply") return answer.reply;
    const late = await this.#answers.wait(answer.token);
    if (late.kind === "reply") return late.reply;
    throw new NetgraphError(late.code, late.message);
  }
}

function commandOf({ commands, command }: TypedMessage<CommandTable, string>): Command<unknown, unknown> {
  const found = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (found !== undefined) return found;
  throw new RangeError(`Cannot send "${command}": it is not in the table of commands that was given`);
}

/** An argument in ASCII form. */
function formatted<A>({ args }: Command<A, unknown>, value: A): string | null {
  return args === null ? null : args.format(value);
}
