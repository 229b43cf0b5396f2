/**
 * Assigns the IDs of nodes. Several graphs that act as one, each in its own thread, use different IDs, so that an ID
 * alone shows the graph of a node.
 *
 * @module
 */

import { type NodeId, toNodeId } from "../data/name.ts";

/** Counts nodes. */
export class NodeNumbers {
  #next = 1;
  #step = 1;

  /** Counts for graph `part` of several. Must be called before the first node is created. */
  setPartition(part: number, of: number): void {
    this.#next = part + 1;
    this.#step = of;
  }

  /** Returns the next ID. */
  next(): NodeId {
    const id = toNodeId(this.#next);
    this.#next += this.#step;
    return id;
  }
}

/** The index of the graph that has the node of that ID. */
export function partOfNode(id: NodeId, of: number): number {
  return (id - 1) % of;
}
