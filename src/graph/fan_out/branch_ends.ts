/**
 * The ends of data that a node with many hooks has received. A node of a topology does not pass them on: a peer that
 * leaves a hub does not end the others. A copy of a template belongs to one connection, and its ends must arrive at the
 * other side, because otherwise that side would wait forever: a hook receives an end when all others have sent theirs.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import type { Branch } from "./fan_out.ts";
import type { Hook } from "../core/hook.ts";
import { Item } from "../core/item.ts";
import type { Node } from "../core/node.ts";

/** The end of a hook: null for an end of file, otherwise why it was reset. */
type End = CloseReason | null;

/** The ends of one node's hooks. */
export class BranchEnds {
  readonly #node: Node;
  readonly #ends = new Map<Hook, End>();

  constructor(node: Node) {
    this.#node = node;
  }

  /** An end has arrived at a hook. False if the node keeps it. */
  note(hook: Hook, item: Item): boolean {
    if (this.#node.origin.owner === null) return false;
    const end = item.kind === "abort" ? item.reason : null;
    const before = this.#ends.get(hook);
    // A reset may follow an end of file; no signal follows a reset.
    if (before !== undefined && (before !== null || end === null)) return false;
    this.#ends.set(hook, end);
    return true;
  }

  /** The hook was removed. True if it had not ended, so that now all others may have ended. */
  forget(hook: Hook): boolean {
    return !this.#ends.delete(hook) && this.#ends.size > 0;
  }

  /** The signal for a hook that receives from all `sources`; null while one of them may still send. */
  endSignalFor(sources: Iterable<Hook>): Item | null {
    const all = [...sources];
    let reason: End = null;
    for (const source of all) {
      const end = this.#ends.get(source);
      if (end === undefined) return null;
      // A source that has never sent leaves nothing incomplete: a reset of a collector ends no other peer.
      if (all.length === 1 || source.inItems > 0) reason ??= end;
    }
    if (all.length === 0) return null;
    return reason === null ? new Item().signal("eof") : new Item().signal("abort", reason);
  }

  /** Ends each branch without active sources. */
  endBranches(branches: Iterable<Branch>): void {
    const all = [...branches];
    for (const branch of all) {
      const signal = this.endSignalFor(all.filter((other) => other !== branch).map(({ hook }) => hook));
      if (signal !== null) branch.end(signal);
    }
  }
}
