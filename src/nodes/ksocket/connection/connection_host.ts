/**
 * The parts of a ksocket that its connection reads, and the events that it reports.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import type { NetgraphError } from "../../../errors.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Taps } from "../../../graph/core/taps.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import type { Awaited } from "./answers.ts";
import type { Carried } from "./carried.ts";
import type { DirectHost } from "./direct.ts";

/** The state of the socket. `closed`: it has ended, or was removed. */
export type ConnectionPhase = "idle" | "listening" | "connecting" | "connected" | "closed";

/** The end of a connection that did not end cleanly. */
export interface UncleanEnd {
  /** Its peer. */
  readonly peer: SocketAddress | null;
  /** True if its peer had not read all sent data. */
  readonly unread: boolean;
}

/** A connection, as its movement is observed. */
export interface MovingConnection {
  readonly socket: Socket | null;
  readonly carried: Carried;
}

/** The events of a connection. */
export interface ConnectionEvents {
  /** The connection has failed; `onClosed` follows. */
  onFailed?(error: NetgraphError): void;
  /** The connection, or the listening socket, has ended on its own. Called once. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void;
  /**
   * The peer has ended its direction.
   *
   * @returns what is still expected from the other side
   */
  onPeerEnded(): Awaited;
  /**
   * The peer closes a new connection before the other side does, without having sent a byte.
   *
   * @param readsOn whether it has accepted data after that, called later
   */
  onClosedWithoutData(readsOn: () => boolean): void;
  /** The peer has ended the connection, and has sent data before. */
  onClosedAfterData(): void;
  /** A datagram was sent to the peer, while `watchesRefusals` of the connection was false. */
  onDatagramSent(): void;
  /** The listening socket has accepted a connection. */
  onAccepted(child: Socket): void;
  /** Accepting has failed; the socket resumes automatically. */
  onAcceptFailed(error: NetgraphError): void;
  /**
   * True for a stream that is not connected, which its topology will connect, and whose sources can wait until then.
   */
  willConnect(): boolean;
  /** Sent data that the peer may not have read. */
  unconfirmed(): Tally;
}

/** The ksocket, as its connection sees it. */
export interface ConnectionHost extends DirectHost {
  /** The observers of connections. */
  readonly taps: Taps;
  readonly node: Node;
  readonly clock: Clock;
  readonly config: KsocketConfig;
  /** The receiver of the events. */
  readonly role: ConnectionEvents;
  /** The connections of one accepted connection: itself and those of the nodes that were created for it. */
  together(): readonly MovingConnection[];
}
