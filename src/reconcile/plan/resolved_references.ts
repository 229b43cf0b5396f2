/**
 * The replies with which messages were resolved. The messages are sent again when a reply changes: a recreated listener
 * on port 0 replies with another port.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { findReferences } from "../../graph/core/reference.ts";
import type { GraphState, MessageState, NodeState } from "../../graph/data/state.ts";
import type { Step } from "./step.ts";

/** A query of a node, as named in a reference: `front.getname`. */
type ReplyKey = string;

/** A node whose messages were resolved with replies that have changed since. */
export interface StaleNode {
  readonly node: NodeState;
  /** The indexes of its messages. */
  readonly messages: readonly number[];
  /** The changed query: `front.getname`. */
  readonly cause: ReplyKey;
}

/** The replies with which the messages of one topology were resolved. */
export class ResolvedReferences {
  /** By the referring node. */
  readonly #known = new Map<string, ReadonlyMap<ReplyKey, string>>();

  /** Records the replies with which the messages in `sent` were resolved. */
  async record(port: GraphPort, desired: GraphState, sent: readonly Step[]): Promise<void> {
    const senders = new Set(sent.filter((step) => step.declared && keysOf(step).length > 0).map((step) => step.node));
    for (const node of desired.nodes) {
      if (!senders.has(node.name)) continue;
      this.#known.set(node.name, await readReplies(port, desired.name, node.messages.flatMap(keysOf)));
    }
  }

  /** The nodes whose messages would be resolved differently now. A reply that is not available changes nothing. */
  async findStale(port: GraphPort, desired: GraphState): Promise<readonly StaleNode[]> {
    const stale: StaleNode[] = [];
    for (const node of desired.nodes) {
      const known = this.#known.get(node.name);
      if (known === undefined) continue;
      const now = await readReplies(port, desired.name, known.keys());
      const changed = [...now].filter(([key, reply]) => known.get(key) !== reply).map(([key]) => key);
      const [cause] = changed;
      if (cause === undefined) continue;
      const messages = node.messages.flatMap((message, index) => {
        return keysOf(message).some((key) => changed.includes(key)) ? [index] : [];
      });
      if (messages.length > 0) stale.push({ node, messages, cause });
    }
    return stale;
  }

  /** Moves the records to the new names of nodes. */
  rename(renames: ReadonlyMap<string, string>): void {
    const known = [...renames].map(([to, from]) => [to, this.#known.get(from)] as const);
    for (const [to, replies] of known) {
      if (replies === undefined) this.#known.delete(to);
      else this.#known.set(to, replies);
    }
    const newNames = new Map([...renames].map(([to, from]) => [from, to]));
    for (const [node, replies] of this.#known) this.#known.set(node, renameKeys(replies, newNames));
  }

  /** Removes the records of missing nodes. */
  removeExcept(names: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
  }
}

async function readReplies(
  port: GraphPort,
  scope: string,
  keys: Iterable<ReplyKey>,
): Promise<ReadonlyMap<ReplyKey, string>> {
  const replies = new Map<ReplyKey, string>();
  for (const key of new Set(keys)) {
    const dot = key.indexOf(".");
    try {
      const { text } = await port.send(`${scope}/${key.slice(0, dot)}:`, key.slice(dot + 1), null);
      if (text !== null) replies.set(key, text);
    } catch (error) {
      // Its node is down or not connected: there is no reply to compare.
      if (!(error instanceof NetgraphError)) throw error;
    }
  }
  return replies;
}

function renameKeys(
  replies: ReadonlyMap<ReplyKey, string>,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<ReplyKey, string> {
  return new Map([...replies].map(([key, reply]) => {
    const dot = key.indexOf(".");
    const node = key.slice(0, dot);
    return [`${names.get(node) ?? node}${key.slice(dot)}`, reply];
  }));
}

function keysOf({ argument }: MessageState): readonly ReplyKey[] {
  return argument === null ? [] : findReferences(argument).map(({ node, query }) => `${node}.${query}`);
}
