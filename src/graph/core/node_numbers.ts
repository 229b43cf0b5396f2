/**
 * Where the IDs of nodes come from. Graphs that stand for one, each in a thread of its own, number their nodes in
 * turns, so that an ID alone tells whose a node is.
 *
 * @module
 */

import { type NodeId, toNodeId } from "../data/name.ts";

/** Counts nodes. */
export class NodeNumbers {
  #next = 1;
  #step = 1;

  /** Counts for the graph at place `part` of so many. Whoever says so says it before the first node is made. */
  share(part: number, of: number): void {
    this.#next = part + 1;
    this.#step = of;
  }

  /** The next one. */
  take(): NodeId {
    const id = toNodeId(this.#next);
    this.#next += this.#step;
    return id;
  }
}

/** Which of so many graphs has the node of that ID. */
export function partOfNode(id: NodeId, of: number): number {
  return (id - 1) % of;
}
