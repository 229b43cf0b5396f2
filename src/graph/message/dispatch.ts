/**
 * From a message's text to its handler and back: finds the command, resolves references, parses, keeps the node's
 * record, and prints the reply.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { absolutePaths } from "../../ascii/relative_path.ts";
import { NetgraphError } from "../../errors.ts";
import { offerToNode } from "./peer_message.ts";
import { captureResetValue } from "./reset_value.ts";
import { GENERIC_COMMANDS, genericHandlers } from "./generic.ts";
import type { Graph } from "../core/graph.ts";
import type { Hook } from "../core/hook.ts";
import type { Answer, CallContext, Handlers, Reply } from "../core/message.ts";
import type { Command, CommandTable } from "../core/command.ts";
import { formatNodeId, type NodeId } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import { Pending } from "../core/pending.ts";
import type { MessageLogEntry } from "../core/message_log.ts";
import {
  type ClientPart,
  clientPart,
  escapeReferences,
  hasReferences,
  type Reference,
  substituteReferences,
} from "../core/reference.ts";
import { formatMessage, type MessageState } from "../data/state.ts";

/** The sender of a message, and its route. */
export interface DispatchOptions {
  /** The sending node; null for a sender outside the graph. */
  readonly from: Node | null;
  /** The node's hook at which it arrives; null or absent if its path named the node itself. */
  readonly by?: Hook | null;
  /** True if it is part of a topology. */
  readonly declared: boolean;
  /** True if it resets a setting. */
  readonly reset?: boolean;
  /** The folder for relative paths of its argument; null or absent: they stay as they are. */
  readonly folder?: string | null;
}

/** A message that is ready to be handled: parsed, with the command's facts. Templates keep these. */
export interface PreparedMessage {
  readonly message: MessageState;
  readonly command: Command<unknown, unknown>;
  readonly args: unknown;
}

/**
 * Sends a message in ASCII form to a node.
 *
 * @throws NetgraphError if it is invalid, or was rejected immediately
 */
export function dispatch(graph: Graph, node: Node, message: MessageState, options: DispatchOptions): Answer<Reply> {
  const given = offerToNode(node, message, options);
  return given === null ? deliver(graph, node, prepare(graph, node, message, options.folder), options) : given.reply;
}

/**
 * Finds the command and parses the argument.
 *
 * @param folder for relative paths of the argument; null: they stay as they are
 * @throws NetgraphError ENOSYS for an unknown command; AsciiError or EINVAL for an argument that it does not accept
 */
export function prepare(
  graph: Graph,
  node: Node,
  message: MessageState,
  folder: string | null = null,
): PreparedMessage {
  const command = findCommand(node, message.command);
  const text = message.argument === null ? null : substituteReferences(message.argument, (reference) => {
    const part = clientPart(reference);
    return part === null ? resolveReference(graph, node.origin.scope, reference) : resolveClient(node, part);
  });
  const args = parseArgument(node, command, { command: message.command, argument: text });
  const { argument } = message;
  if (argument === null || args === null || command.args === null) return { message, command, args };
  const canonical = hasReferences(argument) ? argument : escapeReferences(command.args.format(args));
  const absolute = folder === null ? canonical : absolutePaths(canonical, command.args.description, folder);
  if (absolute !== canonical) return prepare(graph, node, { command: message.command, argument: absolute });
  return { message: { command: message.command, argument: canonical }, command, args };
}

/** Passes a prepared message to the node and records it. */
export function deliver(graph: Graph, node: Node, prepared: PreparedMessage, options: DispatchOptions): Answer<Reply> {
  const delivery = new Delivery(graph, node, prepared, options);
  return delivery.begin((value) => delivery.reply(value));
}

/** The same without reading the reply: copies answer their messages for thousands of connections. */
export function deliverUnread(
  graph: Graph,
  node: Node,
  prepared: PreparedMessage,
  options: DispatchOptions,
): Answer<null> {
  return new Delivery(graph, node, prepared, options).begin(noReply);
}

function noReply(): null {
  return null;
}

/** One message at its node, until its answer. */
class Delivery implements CallContext {
  readonly #graph: Graph;
  readonly #node: Node;
  readonly #prepared: PreparedMessage;
  readonly #options: DispatchOptions;
  readonly #entry: MessageLogEntry | null;
  #answering: NodeId;

  constructor(graph: Graph, node: Node, prepared: PreparedMessage, options: DispatchOptions) {
    this.#graph = graph;
    this.#node = node;
    this.#prepared = prepared;
    this.#options = options;
    // Messages to connections need no reset values.
    if (prepared.command.restore !== undefined && node.origin.owner === null) {
      captureResetValue(node, prepared, (question) => askNow(graph, node, question));
    }
    this.#entry = node.log.begin(prepared, options.declared);
    this.#answering = node.id;
  }

  /** Calls the handler; `answer` converts its result for the sender. */
  begin<T>(answer: (value: unknown) => T): Answer<T> {
    const { message, args } = this.#prepared;
    let value: Answer<unknown>;
    try {
      value = handle(this.#graph, this.#node, { name: message.command, args, context: this });
    } catch (error) {
      throw this.#failed(error);
    }
    if (!(value instanceof Pending)) {
      this.#done(value);
      return answer(value);
    }
    const later = new Pending<T>();
    value.whenSettled((outcome) => {
      if (!outcome.ok) return later.reject(this.#failed(outcome.error));
      this.#done(outcome.value);
      later.resolve(answer(outcome.value));
    });
    return later;
  }

  get from(): number {
    return this.#options.from?.id ?? 0;
  }

  get hook(): Hook | null {
    return this.#options.by ?? null;
  }

  get declared(): boolean {
    return this.#options.declared;
  }

  answerAs(node: NodeId): void {
    this.#answering = node;
  }

  leaveUnverified(): void {
    if (this.#entry !== null) this.#entry.unverified = true;
  }

  defer(): void {
    if (this.#entry !== null) this.#entry.phase = "deferred";
  }

  /** The reply, once the handler has answered. */
  reply(value: unknown): Reply {
    const { command, message } = this.#prepared;
    return {
      from: formatNodeId(this.#answering),
      command: message.command,
      value: command.reply === null ? undefined : value,
      text: replyText(command, value),
    };
  }

  /** The handler has answered: records it. */
  #done(value: unknown): void {
    const { command, args } = this.#prepared;
    const entry = this.#entry;
    if (entry !== null) finish(entry, replyText(command, value));
    if (entry !== null && this.#options.reset === true) this.#node.log.removeReset(entry);
    for (const cleared of command.clears ?? []) this.#clear(cleared, args);
    this.#changed();
  }

  /** Clears a setting of another name: all of it, or the values with the keys of the same argument. */
  #clear(name: string, args: unknown): void {
    const { log, type } = this.#node;
    const commands: CommandTable = type.commands;
    const keys = commands[name]?.entries?.(args).map(({ key }) => key) ?? null;
    log.drop(name, keys);
  }

  /** The handler has failed: records and describes it. */
  #failed(cause: unknown): unknown {
    const node = this.#node;
    const entry = this.#entry;
    const error = describeFailure(node, this.#prepared.message, cause);
    if (entry !== null) {
      // A working node is unchanged after a rejected setting; a node in its bring-up differs from its declaration.
      const goesOn = this.#prepared.command.kind === "setting" && !node.held && node.phase !== "failed";
      if (this.declared && !goesOn) entry.fail(error);
      else node.log.forget(entry);
    }
    this.#changed();
    return error;
  }

  #changed(): void {
    const { scope, owner } = this.#node.origin;
    // A query changes nothing, so it emits no event.
    const matters = owner === null && (this.#entry !== null || this.#prepared.command.kind !== "query");
    if (matters) this.#graph.emit({ kind: "changed", scope });
  }
}

/** A sender outside the graph, whose message is not recorded. */
export const OUTSIDE: CallContext = {
  from: 0,
  hook: null,
  declared: false,
  answerAs: () => {},
  leaveUnverified: () => {},
  defer: () => {},
};

/** The immediate answer of a node to a query; undefined if it does not answer immediately. */
function askNow(graph: Graph, node: Node, question: MessageState): unknown {
  try {
    const { command, args } = prepare(graph, node, question);
    const context: CallContext = OUTSIDE;
    const answer = handle(graph, node, { name: question.command, args, context });
    return command.kind !== "query" || answer instanceof Pending ? undefined : answer;
  } catch (error) {
    // It cannot be queried here: the value is unknown.
    if (error instanceof NetgraphError) return undefined;
    throw error;
  }
}

/** The value of a reference, by a query to its node. */
export function resolveReference(graph: Graph, scope: string, reference: Reference): string {
  const node = graph.scope(scope).node(reference.node);
  const command = findCommand(node, reference.query);
  const subject = { node: node.path, message: reference.query };
  if (command.kind !== "query" || command.refer === undefined) {
    throw new NetgraphError("EINVAL", `Cannot refer to "${reference.query}" of "${node.path}": it is not a query`, {
      subject,
    });
  }
  const answer = deliver(graph, node, { message: { command: reference.query, argument: null }, command, args: null }, {
    from: null,
    declared: false,
  });
  if (answer instanceof Pending) {
    throw new NetgraphError("EAGAIN", `Cannot refer to "${reference.query}" of "${node.path}": it has no reply yet`, {
      subject,
    });
  }
  const text = command.refer(answer.value, reference.part);
  if (text !== null) return text;
  const wanted = reference.part === null ? reference.query : `${reference.query}.${reference.part}`;
  throw new NetgraphError("EINVAL", `Cannot refer to "${wanted}" of "${node.path}": its reply is ${answer.text}`, {
    subject,
  });
}

/** A part of the client for whose connection a node was created. */
function resolveClient({ path, origin: { owner } }: Node, part: ClientPart): string {
  const text = owner?.behaviour.clientPart?.(part) ?? null;
  if (text !== null) return text;
  const what = owner === null ? "it was not created for a client" : `its client has no ${part}`;
  throw new NetgraphError("EINVAL", `Cannot refer to "client.${part}" in a message to "${path}": ${what}`);
}

function findCommand(node: Node, name: string): Command<unknown, unknown> {
  const own: CommandTable = node.type.commands;
  const generic: CommandTable = GENERIC_COMMANDS;
  const table = [own, generic].find((one) => Object.hasOwn(one, name));
  const command = table?.[name];
  if (command !== undefined) return command;
  const hint = nearHint(name, [...Object.keys(own), ...Object.keys(generic)]);
  throw new NetgraphError(
    "ENOSYS",
    `Unknown message "${name}" for node "${node.path}" of type "${node.type.name}": ${
      hint ?? `"sockgraph types ${node.type.name}" lists the messages`
    }`,
    { subject: { node: node.path, message: name } },
  );
}

/** Calls the handler of a command, with its arguments. */
function handle(
  graph: Graph,
  node: Node,
  { name, args, context }: { readonly name: string; readonly args: unknown; readonly context: CallContext },
): Answer<unknown> {
  const own: Handlers<CommandTable> = node.behaviour.commands;
  // The behaviour may need its own `this`.
  if (own[name] !== undefined) return node.ask(() => own[name]?.(args, context));
  const generic: Handlers<CommandTable> = genericHandlers(graph, node);
  const found = generic[name];
  if (found === undefined) throw new RangeError(`Cannot find the handler of "${name}": its type lists the command`);
  return found(args, context);
}

function replyText({ reply }: Command<unknown, unknown>, value: unknown): string | null {
  return reply === null || value === null ? null : reply.format(value);
}

function parseArgument(node: Node, command: Command<unknown, unknown>, message: MessageState): unknown {
  const subject = { node: node.path, message: formatMessage(message) };
  const { argument } = message;
  if (command.args === null) {
    if (argument === null) return null;
    throw new NetgraphError("EINVAL", `Cannot send "${message.command}" with "${argument}": it accepts no argument`, {
      subject,
    });
  }
  if (argument === null) {
    if (command.argsOptional === true) return null;
    throw new NetgraphError(
      "EINVAL",
      `Cannot send "${message.command}" without an argument: "sockgraph types ${node.type.name}" shows which`,
      { subject },
    );
  }
  try {
    return parseText(command.args, argument);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const hint = error.hint === null ? "" : `; ${error.hint}`;
    throw new NetgraphError(error.code, `Cannot send "${message.command}" to "${node.path}": ${error.message}${hint}`, {
      subject,
      cause: error,
    });
  }
}

function finish(entry: MessageLogEntry, reply: string | null): void {
  if (entry.phase === "waiting") entry.phase = "done";
  entry.reply = reply;
  entry.replaced = null;
}

/** An error that names node and message, regardless of the handler's error. */
function describeFailure(node: Node, message: MessageState, cause: unknown): unknown {
  if (!(cause instanceof NetgraphError)) return cause;
  const subject = { node: node.path, message: formatMessage(message), ...cause.subject };
  return new NetgraphError(cause.code, cause.message, { subject, cause });
}
