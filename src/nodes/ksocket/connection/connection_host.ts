/**
 * What a connection needs to know of its ksocket, and tells it.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import type { NetgraphError } from "../../../errors.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import type { Awaited } from "./answers.ts";
import type { Carried } from "./carried.ts";

/** What the socket is doing. `closed`: it has ended, or is gone. */
export type ConnectionPhase = "idle" | "listening" | "connecting" | "connected" | "closed";

/** How a connection ended that did not come to a clean end. */
export interface UncleanEnd {
  /** Whom it was connected to. */
  readonly peer: SocketAddress | null;
  /** True where its peer had not read what was sent. */
  readonly unread: boolean;
}

/** A connection, as its movement is observed. */
export interface MovingConnection {
  readonly socket: Socket | null;
  readonly carried: Carried;
}

/** What a connection emits. */
export interface ConnectionEvents {
  /** The connection, or the listening socket, has ended by itself. Called once. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void;
  /**
   * The peer has ended its direction.
   *
   * @returns what is still to come from the other side
   */
  onPeerEnded(): Awaited;
  /**
   * The peer ends a young connection before the other side does, and without a byte.
   *
   * @param readsOn whether it has taken what was sent to it after that, asked later
   */
  onEndedUnheard(readsOn: () => boolean): void;
  /** The peer has ended the connection, and has sent something before. */
  onEndedHeard(): void;
  /** A datagram was sent to the peer, and `noted` of the connection was false. */
  onDatagramSent(): void;
  /** The listening socket has accepted a connection. */
  onAccepted(child: Socket): void;
  /** Accepting has failed; the socket goes on by itself. */
  onAcceptFailed(error: NetgraphError): void;
  /** True for a stream that is not connected, which its topology connects, and whose sources can wait until then. */
  willConnect(): boolean;
  /** What was sent to a peer that is not known to have read it. */
  unconfirmed(): Tally;
}

/** The ksocket, as its connection sees it. */
export interface ConnectionHost {
  readonly node: Node;
  readonly clock: Clock;
  readonly config: KsocketConfig;
  /** Who gets the events. */
  readonly life: ConnectionEvents;
  /** The connections that one accepted connection leads to: itself and those of the nodes that were made for it. */
  together(): readonly MovingConnection[];
}
