/**
 * socket: the program's own end in the graph, as ng_socket(4) is a process's.
 *
 * Hooks: any names. Messages: `nolinger`, `linger`; all other messages are passed to the program that opened the node,
 * like data from a hook. Only the program creates such nodes; its writes are sent by them.
 *
 * @module
 */

import { errorText, NetgraphError } from "../errors.ts";
import type { ArrivedMessage } from "../graph/core/message.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item, type Tag } from "../graph/core/item.ts";
import type { Command } from "../graph/core/command.ts";
import type { Handlers } from "../graph/core/message.ts";
import { parseHookName } from "../graph/data/name.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { SharedBuffer } from "../buffer.ts";

/** socket's commands, by name. */
export type SocketCommands = {
  readonly nolinger: Command<null, null>;
  readonly linger: Command<null, null>;
};

const ACTION = { args: null, reply: null, kind: "action", cost: "live" } as const;

/** socket's commands. */
export const SOCKET_COMMANDS: SocketCommands = {
  nolinger: { ...ACTION, id: 1, summary: "The node ends with its last hook" },
  linger: { ...ACTION, id: 2, summary: "The node stays without hooks" },
};

/** The reader of received items. An item is lent until the call returns. */
export interface SocketReader {
  /**
   * An item has arrived at `hook`.
   *
   * @returns false if it was accepted and no more may follow until the hook's `resume()`
   */
  receive(hook: Hook, item: Item): void | false;
  /** After a `send` that returned false, the next one can follow. */
  resumed?(hook: Hook): void;
  /** A hook was removed. */
  removed?(hook: Hook): void;
  /** A message has arrived from another node; true if it was accepted. */
  onMessage?(message: ArrivedMessage): boolean;
}

/** The options of sending bytes. */
export interface SocketSendOptions {
  readonly tag?: Tag;
  readonly whole?: boolean;
  readonly asks?: boolean;
}

/** The behaviour of a socket node, for the program that opened it. */
export class SocketEnd implements NodeBehaviour<SocketCommands> {
  readonly #node: Node;
  readonly #reader: SocketReader;
  readonly #item = new Item();
  /** True while {@linkcode SocketEnd.#item} is in use: a send from within a receive needs another one. */
  #sending = false;

  readonly commands: Handlers<SocketCommands> = {
    nolinger: () => this.#setLinger(false),
    linger: () => this.#setLinger(true),
  };

  /** Only {@linkcode socketTypeFor} creates one. */
  constructor(node: Node, reader: SocketReader) {
    this.#node = node;
    this.#reader = reader;
    node.persistent = true;
  }

  receive(hook: Hook, item: Item): void | false {
    return this.#reader.receive(hook, item);
  }

  resumed(hook: Hook): void {
    this.#reader.resumed?.(hook);
  }

  hookRemoved(hook: Hook): void {
    this.#reader.removed?.(hook);
  }

  onPeerMessage(message: ArrivedMessage): boolean {
    return this.#reader.onMessage?.(message) ?? false;
  }

  /**
   * Sends bytes by a hook. They belong to the graph from then on, because they may still wait in a queue after the
   * call.
   *
   * @param options `whole: false` means that they are a piece of a stream, not a self-contained item; with `asks` the
   * error of the node behind the hook is thrown, such as ENOTCONN of a ksocket that is not connected
   * @returns false if they were accepted and no more may be sent until `resumed`
   * @throws NetgraphError EHOSTUNREACH for a hook that does not exist
   */
  send(hook: string, octets: Uint8Array<ArrayBuffer>, options: SocketSendOptions = {}): void | false {
    const item = this.#free().carry(new SharedBuffer(octets), 0, octets.length);
    item.tag = options.tag ?? null;
    item.whole = options.whole ?? true;
    const found = this.#find(hook);
    const taken = this.#send(found, item);
    if (item.refusal === null || options.asks !== true) return taken;
    const subject = { node: this.#node.path, hook };
    throw new NetgraphError(item.refusal, `Cannot send by hook "${hook}": ${errorText(item.refusal)}`, { subject });
  }

  /** Ends the direction out of a hook. */
  end(hook: string): void {
    this.#send(this.#find(hook), this.#free().signal("eof"));
  }

  #free(): Item {
    return this.#sending ? new Item() : this.#item;
  }

  #send(hook: Hook, item: Item): void | false {
    if (item !== this.#item) return hook.send(item);
    this.#sending = true;
    try {
      return hook.send(item);
    } finally {
      this.#sending = false;
    }
  }

  #find(name: string): Hook {
    const hook = this.#node.hooks.get(name);
    if (hook !== undefined) return hook;
    throw new NetgraphError("EHOSTUNREACH", `Cannot send by hook "${name}": "${this.#node.path}" has no such hook`);
  }

  #setLinger(linger: boolean): null {
    this.#node.persistent = linger;
    return null;
  }
}

/** The facts of socket nodes; only {@linkcode socketTypeFor} creates them. */
export const socketType: NodeType<SocketCommands> = defineNodeType({
  name: "socket",
  summary: "The program's own end",
  cookie: 851_601_233,
  commands: SOCKET_COMMANDS,
  hooks: [{ pattern: "<any>", summary: "To and from the program" }],
  creatable: false,
  parseHook: parseHookName,
  create: () => {
    throw new RangeError("Cannot create a socket node without a program that reads it");
  },
});

/** The type of the one socket node that `reader` opens; `made` receives its behaviour. */
export function socketTypeFor(reader: SocketReader, made: (end: SocketEnd) => void): NodeType<SocketCommands> {
  return {
    ...socketType,
    create: ({ node }) => {
      const end = new SocketEnd(node, reader);
      made(end);
      return end;
    },
  };
}
