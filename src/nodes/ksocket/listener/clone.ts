/**
 * An accepted connection, between the node that took it over and the listener that took it.
 *
 * @module
 */

import type { ListNode } from "../../../linked_list.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { ListenerHealth } from "./listener_health.ts";
import type { Drainable } from "./drain_scheduler.ts";

/** Who made a clone, and joins it to something. */
export interface CloneKeeper {
  /** Its connection is over; its copy goes with it. */
  ended(clone: Clone, reason: CloseReason): void;
  /** How its clients fare. */
  readonly health: ListenerHealth;
}

/** A node that took an accepted connection over. */
export interface Clone extends Drainable, ListNode<Clone> {
  readonly node: Node;
  /** Who is told when it has ended, once. */
  keeper: CloneKeeper | null;
  /** True once it was joined to its target. */
  joined: boolean;
  /** The connection's other end, while it is there and known. */
  readonly peer: SocketAddress | null;
  /** True where the other end had not read what was sent when the connection was ended. */
  readonly endedFull: boolean;
  /** Whom it counts for, while somebody counts; see `SourceCounts`. */
  source: string | null;
  /** How long its nodes may deliver nothing once it is over, in milliseconds. */
  readonly stallMs: number;
  /** Changes while anything moves at its socket or at those of its copy. */
  movedTogether(): number;
  /** Its hook's other end is shared: its end ends no other node. */
  joinShared(): void;
  /** Ends it when nobody takes a hook to it in time. */
  waitForHook(): void;
  /** Begins to read. */
  start(): void;
  /** Ends the connection at once, and the node. */
  refuse(): void;
}
