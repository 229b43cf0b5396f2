/**
 * Relays as nodes: what listeners of other tools become.
 *
 * @module
 */

import { quoteText } from "../../../ascii/quote.ts";
import { NetgraphError } from "../../../errors.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import {
  canonicalLink,
  DEFAULT_RESTART,
  type GraphState,
  type LinkState,
  type NodeState,
  type TemplateState,
} from "../../../graph/data/state.ts";
import type { Span } from "../../../topology/parse/source.ts";
import { attempt, canonicalMessage, type ImportContext, judgedWhole, type Omitted, type Word } from "./reading.ts";

/** A message before it is judged. */
export type DraftMessage = readonly [command: string, argument: string | null];

/** The type that has the standard streams. */
const STDIO = "stdio";

/** Collects the nodes of one topology. */
export class RelayDraft {
  readonly #type: NodeType;
  readonly #pool: NodeType | undefined;
  readonly #nodes: NodeState[] = [];
  readonly #links: LinkState[] = [];
  readonly #templates: TemplateState[] = [];

  #context: ImportContext;

  /** Gets the type of sockets from the context. */
  constructor(context: ImportContext) {
    this.#context = context;
    const type = context.types.find(({ name }) => name === "ksocket");
    if (type === undefined) throw new RangeError("Cannot import without the type of sockets");
    this.#type = type;
    this.#pool = context.types.find(({ name }) => name === "pool");
  }

  /**
   * Carries out a part of the file; where it is left out, the topology stays as it was.
   *
   * @returns false if it is left out
   */
  attempt(what: Omitted["what"], work: (inner: ImportContext) => void): boolean {
    const outer = this.#context;
    const counts = [this.#nodes, this.#links, this.#templates].map((list) => list.length);
    const done = attempt(outer, what, (inner) => {
      this.#context = inner;
      work(inner);
    });
    this.#context = outer;
    if (done) return true;
    for (const [index, list] of [this.#nodes, this.#links, this.#templates].entries()) list.length = counts[index] ?? 0;
    return false;
  }

  /**
   * Adds a socket; its name is `wanted`, or `wanted` with a number.
   *
   * @throws NetgraphError for an invalid hook or message
   */
  add(wanted: string, hook: string, messages: readonly DraftMessage[], span: Span): string {
    const node = this.#node(this.#free(wanted, this.#nodes), hook, messages);
    this.#context.places.set(node.name, span);
    this.#nodes.push(node);
    return node.name;
  }

  /**
   * Adds a set of targets, and returns its name.
   *
   * @throws NetgraphError for an invalid message
   */
  addPool(wanted: string, messages: readonly DraftMessage[], span: Span): string {
    if (this.#pool === undefined) throw new RangeError("Cannot import without the type of pools");
    const node = this.#node(this.#free(wanted, this.#nodes), null, messages, this.#pool);
    this.#context.places.set(node.name, span);
    this.#nodes.push(node);
    return node.name;
  }

  /**
   * Adds the standard streams.
   *
   * @throws NetgraphError EADDRINUSE for a second time
   */
  addStdio(): string {
    if (this.#nodes.some(({ type }) => type === STDIO)) {
      throw new NetgraphError("EADDRINUSE", "Cannot use standard input twice: an earlier line uses it");
    }
    const name = this.#free(STDIO, this.#nodes);
    this.#nodes.push({ name, type: STDIO, hook: null, restart: DEFAULT_RESTART, messages: [] });
    return name;
  }

  /** Adds a template of one socket, and returns its name. */
  addTemplate(wanted: string, hook: string, messages: readonly DraftMessage[], span: Span): string {
    const name = this.#free(wanted, this.#templates);
    this.#context.places.set(name, span);
    const node = this.#node("upstream", hook, messages);
    const entry = { node: node.name, hook: node.hook };
    this.#templates.push({ name, parameters: [], entry, nodes: [node], links: [] });
    return name;
  }

  /** True if a message accepts an address from `word`; problems are reported there. */
  accepts(command: "bind" | "connect", address: string, word: Word): boolean {
    return judgedWhole(this.#context, word.span, () => canonicalMessage(this.#type, command, address));
  }

  /**
   * Checks whether a socket would accept a message.
   *
   * @throws NetgraphError if it would not
   */
  judge([command, argument]: DraftMessage): void {
    canonicalMessage(this.#type, command, argument);
  }

  /** Joins two nodes. */
  join(one: string, other: string): void {
    const [a, b] = [one, other].map((name) => {
      return { node: name, hook: this.#nodes.find((node) => node.name === name)?.hook ?? null };
    });
    if (a !== undefined && b !== undefined) this.#links.push(canonicalLink(a, b));
  }

  /** The topology. */
  state(name: string): GraphState {
    return { name, description: null, nodes: this.#nodes, links: this.#links, templates: this.#templates };
  }

  #node(name: string, hook: string | null, messages: readonly DraftMessage[], type = this.#type): NodeState {
    return {
      name,
      type: type.name,
      hook: hook === null ? null : type.parseHook(hook),
      restart: DEFAULT_RESTART,
      messages: messages.map(([command, argument]) => canonicalMessage(type, command, argument)),
    };
  }

  #free(wanted: string, taken: readonly { readonly name: string }[]): string {
    const stem = wanted.replace(/[^\w-]/g, "_").slice(0, 27);
    let name = stem;
    for (let number = 2; taken.some((one) => one.name === name); number++) name = `${stem}-${number}`;
    return name;
  }
}

/** An address for `bind` and `connect`; a name stays a name. */
export function inetAddress(host: string, port: string, family: "inet" | "inet6" | null): string {
  const bare = host.replace(/^\[|\]$/g, "");
  const inet6 = family === "inet6" || (family === null && bare.includes(":"));
  return inet6 ? `inet6/${bare.includes(":") ? `[${bare}]` : bare}:${port}` : `inet/${bare}:${port}`;
}

/** A path for `bind` and `connect`. */
export function localAddress(path: string): string {
  return `local/${quoteText(path)}`;
}
