/**
 * How many connections each host has, for a listener that limits them: counted from when a limit asks, so that others
 * need not know where a connection comes from.
 *
 * @module
 */

import { CompactingMap } from "../../../compacting_map.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";

/** The peer of a local socket has no name. */
export const NOWHERE: SocketAddress = { family: "local", path: "" };

/** Connections by source. */
export class SourceCounts {
  readonly #counts = new CompactingMap<string, number>();

  /** @param clones those that are there already */
  constructor(clones: readonly AcceptedSocket[]) {
    for (const clone of clones) this.add(clone);
  }

  /** How many come from where `peer` is. */
  of(peer: SocketAddress): number {
    return this.#counts.get(sourceOf(peer)) ?? 0;
  }

  /** Counts a connection. */
  add(clone: AcceptedSocket): void {
    const source = sourceOf(clone.peer ?? NOWHERE);
    clone.source = source;
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + 1);
  }

  /** One that was counted has ended. */
  remove({ source }: AcceptedSocket): void {
    if (source === null) return;
    const left = (this.#counts.get(source) ?? 1) - 1;
    if (left === 0) this.#counts.delete(source);
    else this.#counts.set(source, left);
  }
}

/** The host that a connection comes from, as people know it. */
export function sourceOf(peer: SocketAddress): string {
  return peer.family === "inet" || peer.family === "inet6" ? peer.host : "local";
}
