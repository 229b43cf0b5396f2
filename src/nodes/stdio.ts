/**
 * stdio: standard input and output of the engine's process. Input is sent by `io`, received data is written.
 *
 * Hooks: `io`. Messages: none of its own. There is one such node at a time. Its input ends like a stream; an end from
 * `io` ends the writing, while standard output stays open as long as the process. A `frame` after it converts between
 * streams and lines.
 *
 * @example Standard input to a TCP server, and back
 * ```yaml
 * nodes:
 *   me: { type: stdio }
 *   server: { type: ksocket, hook: inet/stream/tcp, messages: [connect: inet/127.0.0.1:7] }
 * links:
 *   - [me, server]
 * ```
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import { SharedBuffer } from "../buffer.ts";
import { NetgraphError } from "../errors.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item } from "../graph/core/item.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import type { StandardIo, StandardIoOwner, StandardStream } from "../socket/standard_io.ts";

/** stdio has no messages of its own. */
export type StdioCommands = Readonly<Record<never, never>>;

const HOOK = "io";

class Stdio implements NodeBehaviour<StdioCommands>, StandardIoOwner {
  readonly commands = {};
  readonly #node: Node;
  readonly #stream: StandardStream;
  readonly #item = new Item();
  #hook: Hook | null = null;
  /** Data that was read without a hook: standard input cannot be read twice. */
  #unsent: Uint8Array<ArrayBuffer>[] = [];
  #ended = false;

  constructor(node: Node, io: StandardIo) {
    this.#node = node;
    this.#stream = io.open(this);
  }

  addHook(hook: Hook): void {
    this.#hook = hook;
  }

  hookConnected(): void {
    if (!this.#node.held) this.#read();
  }

  hookRemoved(): void {
    this.#hook = null;
  }

  /** The other nodes are ready: the input has a destination. */
  released(): void {
    if (this.#hook !== null) this.#read();
  }

  #read(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    let full = false;
    for (const octets of unsent) full = this.received(octets) === false || full;
    // A node that replaced another one has not received the end yet.
    if (this.#ended) this.ended();
    else if (!full) this.#stream.resume();
  }

  receive(_hook: Hook, item: Item): void | false {
    // Standard output stays open: closing it would look like the end of the process.
    if (item.kind !== "data" || item.length === 0) return;
    return this.#stream.write(item.buffer.bytes.slice(item.offset, item.offset + item.length));
  }

  resumed(): void {
    this.#stream.resume();
  }

  shutdown(): void {
    this.#stream.close();
  }

  // Standard input and output

  received(octets: Uint8Array<ArrayBuffer>): void | false {
    if (this.#hook !== null) return this.#hook.send(this.#item.carry(new SharedBuffer(octets), 0, octets.length));
    this.#unsent.push(octets);
    return false;
  }

  ended(): void {
    this.#ended = true;
    this.#hook?.send(this.#item.signal("eof"));
  }

  drained(): void {
    this.#hook?.resume();
  }

  failed(error: NetgraphError): void {
    this.#node.fail(error.toData(), "error");
    this.#hook?.send(this.#item.signal("abort", "error"));
  }
}

/**
 * The type of stdio nodes.
 *
 * @param io null if only the facts are needed, or if there is no standard input and output
 */
export function stdioType(io: StandardIo | null): NodeType<StdioCommands> {
  return defineNodeType({
    name: "stdio",
    summary: "Standard input and output of the engine's process",
    cookie: 1_764_000_002,
    commands: {},
    hooks: [{ pattern: HOOK, summary: "Input is sent here; data from here is written" }],
    parseHook(name: string): string {
      if (name === HOOK) return name;
      throw new AsciiError("EINVAL", `A stdio has no hook "${name}"`, { length: name.length, hint: `wanted ${HOOK}` });
    },
    automaticHook: (taken: ReadonlySet<string>): string | null => taken.has(HOOK) ? null : HOOK,
    flow: () => "stream",
    outside: true,
    claims: () => [{ space: "stdio", host: null, place: HOOK, shared: false, peer: null, text: "standard input" }],
    check: ({ inTemplate }) =>
      inTemplate
        ? [{
          severity: "error",
          code: "standard-input",
          message: "A template cannot have standard input: there is one, and a copy for every connection",
          messageIndex: null,
          hint: "name a stdio of the topology",
        }]
        : [],
    create: ({ node }) => {
      if (io !== null) return new Stdio(node, io);
      throw new NetgraphError("EOPNOTSUPP", "Cannot use standard input: it belongs to the process of the engine");
    },
  });
}
