/**
 * The ends of the two directions of a connection.
 *
 * @module
 */

import type { Awaited } from "./answers.ts";

/** The directions that have ended: reading, writing, or both at once, by a reset. */
export type Ended = "none" | "read" | "write" | "both" | "reset";

/** The directions of one connection that have ended. */
export class Ends {
  ways: Ended = "none";
  /** The side that ended first, or broke it: the peer, or the nodes behind the hook; null: neither. */
  by: "peer" | "hook" | null = null;
  /** What is still expected from the other side, once the peer has ended its direction. */
  awaited: Awaited = "end";

  get readEnded(): boolean {
    return this.ways === "read" || this.ways === "both";
  }

  get writeEnded(): boolean {
    return this.ways === "write" || this.ways === "both";
  }

  /** The peer has ended its direction. */
  endRead(): void {
    this.by ??= "peer";
    this.ways = this.writeEnded ? "both" : "read";
  }

  /** The other side has ended its direction. */
  endWrite(): void {
    this.by ??= "hook";
    this.ways = this.readEnded ? "both" : "write";
  }
}
