/**
 * The ends of data that a node with many hooks has received. A node of a topology passes none on: a peer that leaves a
 * hub ends no other. A copy of a template belongs to one connection, and its ends must arrive at the other side, or that
 * side waits forever: a hook gets an end when all others have sent theirs.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import type { Branch } from "./fan_out.ts";
import type { Hook } from "../core/hook.ts";
import { Item } from "../core/item.ts";
import type { Node } from "../core/node.ts";

/** How a hook has ended: null for an end of file, otherwise why it was reset. */
type End = CloseReason | null;

/** The ends of one node's hooks. */
export class BranchEnds {
  readonly #node: Node;
  readonly #ends = new Map<Hook, End>();

  constructor(node: Node) {
    this.#node = node;
  }

  /** An end has come in by a hook. False where the node keeps it. */
  note(hook: Hook, item: Item): boolean {
    if (this.#node.origin.owner === null) return false;
    const end = item.kind === "abort" ? item.reason : null;
    const before = this.#ends.get(hook);
    // A reset may follow an end of file; nothing follows a reset.
    if (before !== undefined && (before !== null || end === null)) return false;
    this.#ends.set(hook, end);
    return true;
  }

  /** The hook is gone. True where it had not ended, so that others may be the last that have. */
  forget(hook: Hook): boolean {
    return !this.#ends.delete(hook) && this.#ends.size > 0;
  }

  /** The sign for a hook that hears all of `sources`; null while one of them may still send. */
  signFor(sources: Iterable<Hook>): Item | null {
    const all = [...sources];
    let reason: End = null;
    for (const source of all) {
      const end = this.#ends.get(source);
      if (end === undefined) return null;
      // Of several, one that has never sent leaves nothing incomplete: a collector that is reset ends no other peer.
      if (all.length === 1 || source.inItems > 0) reason ??= end;
    }
    if (all.length === 0) return null;
    return reason === null ? new Item().signal("eof") : new Item().signal("abort", reason);
  }

  /** Ends each branch that hears nobody any more. */
  endBranches(branches: Iterable<Branch>): void {
    const all = [...branches];
    for (const branch of all) {
      const sign = this.signFor(all.filter((other) => other !== branch).map(({ hook }) => hook));
      if (sign !== null) branch.end(sign);
    }
  }
}
