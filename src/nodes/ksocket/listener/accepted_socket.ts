/**
 * A ksocket whose node a listener created, for a connection or a flow of datagrams that it has accepted: a clone, in
 * netgraph's term. It owns the nodes that are created for the connection, which end with it.
 *
 * @module
 */

import type { ListNode } from "../../../linked_list.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { NetgraphError } from "../../../errors.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket } from "../../../socket/socket.ts";
import { ConnectionHealth } from "../client/connection_health.ts";
import { type Awaited, awaitedBy } from "../connection/answers.ts";
import { movedTogether, sendBlindly } from "../connection/connection_timeouts.ts";
import { failNode, type Role, type RoleReport, type SocketNode, type TargetReports } from "../role.ts";
import type { Destination } from "../destination.ts";
import type { RouteRule } from "../routing/route_rule.ts";
import type { Delivering } from "./delivery.ts";
import type { Drainable } from "./drain_scheduler.ts";
import type { RecordedConnection } from "./recorded_connection.ts";

/** The time limit for the nodes of an ended connection without progress: a stalled collector uses memory. */
const MAX_STALL_MS = 60_000;

/** Joins a clone to its target. */
export interface CloneKeeper {
  /** Its connection has ended; its copy ends with it. */
  ended(clone: AcceptedSocket, reason: CloseReason): void;
  /** The health of the targets. */
  readonly health: TargetReports;
}

/** The role of an accepted ksocket. */
export class AcceptedSocket implements Role, Drainable, Delivering, ListNode<AcceptedSocket> {
  readonly kind = "accepted";
  readonly #own: SocketNode;
  /** Called once when the connection has ended; null for one that was accepted for a program. */
  keeper: CloneKeeper | null = null;
  /** The connection is being joined to its target, was joined, or has ended; then its nodes may still deliver data. */
  stage: "joining" | "joined" | "ended" = "joining";
  /** The rule that has chosen its destination; null before that, and without rules. */
  rule: RouteRule | null = null;
  /** The destination of the connection; null before it is known. */
  destination: Destination | null = null;
  /** The source for which the connection counts, while there is a limit; see `Admission`. */
  source: string | null = null;
  /** The record of the connection; null without subscribers, and after its end. */
  recorded: RecordedConnection | null = null;
  prev: AcceptedSocket | null = null;
  next: AcceptedSocket | null = null;
  /** The peer and the failure of a connection with TLS; null without TLS. */
  #tls: { readonly peer: SocketAddress | null; failure: NetgraphError | null } | null = null;
  /** The bytes that had moved when the drain began. */
  #movedBefore = 0;
  #isIdle = false;
  /** Created for the first fault or note. */
  #health: ConnectionHealth | null = null;

  constructor(own: SocketNode) {
    this.#own = own;
  }

  // For its listener

  get node(): Node {
    return this.#own.node;
  }

  /** The connection's other end, while it exists and is known. */
  get peer(): SocketAddress | null {
    const { socket, uncleanEnd } = this.#own.connection;
    return socket?.peer ?? uncleanEnd?.peer ?? this.#tls?.peer ?? null;
  }

  /** True if the other end had not read all sent data at the end of the connection. */
  get endedUnread(): boolean {
    return this.#own.connection.uncleanEnd?.unread ?? false;
  }

  get stallMs(): number {
    const { halfCloseTimeout } = this.#own.config;
    return halfCloseTimeout > 0 && !sendBlindly(this.#own.together())
      ? Math.min(halfCloseTimeout, MAX_STALL_MS)
      : MAX_STALL_MS;
  }

  movedTogether(): number {
    return movedTogether(this.#own.together());
  }

  /** Ends it if it does not get a hook in time. */
  waitForHook(): void {
    this.#own.connection.waitForHook();
  }

  /** Calls `done` once the handshake of TLS is complete. */
  whenSecured(done: () => void): void {
    const { socket } = this.#own.connection;
    this.#tls = { peer: socket?.peer ?? null, failure: null };
    socket?.secured?.(done);
  }

  /** The TLS failure; null if there is none. */
  get tlsFailure(): NetgraphError | null {
    return this.#tls?.failure ?? null;
  }

  /** The time for which the target has not read waiting data; 0 while it reads. */
  get unreadMs(): number {
    return this.#own.connection.times.inBlockedMs;
  }

  /** Records that the connection was joined to its target. */
  recordTarget(): void {
    this.recorded?.joined(this.#own.together());
  }

  /** Records that the connection has ended. */
  recordEnd(reason: CloseReason): void {
    this.recorded?.ended(this.#own.connection, reason);
    this.recorded = null;
  }

  /** Begins to read. */
  start(): void {
    this.#own.connection.startStream();
  }

  /** Ends the connection immediately, and the node. */
  refuse(): void {
    this.#own.connection.release()?.abort();
    this.#own.graph.shutdown(this.node);
  }

  beginDrain(): void {
    this.#movedBefore = this.movedTogether();
  }

  /** True if no data has moved since the drain began, and none waits to be sent. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  retire(): void {
    const { connection } = this.#own;
    const waits = this.#own.together().some(({ socket }) => (socket?.queuedBytes ?? 0) > 0);
    this.#isIdle = connection.flow !== null || (!waits && this.movedTogether() === this.#movedBefore);
    connection.retire("drain", this.#isIdle);
  }

  /** Sets that the peer of the hook is shared: the end of the connection ends no other node. */
  joinShared(): void {
    this.#own.connection.joinsShared = true;
  }

  // The role of a ksocket

  hookConnected(): void {
    const { node, connection } = this.#own;
    // A connection with a target starts when the target is ready.
    if (this.keeper !== null) return;
    connection.startStream();
    if (!node.held) connection.startDatagrams();
  }

  hookRefused(): void {
    if (this.keeper === null) this.#own.connection.waitForHook();
  }

  released(): void {
    this.#own.connection.startDatagrams();
  }

  /** The listener handles its end; without a listener it is reported to all. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void {
    this.#health?.stop();
    if (this.#tls !== null) this.#tls.failure = error;
    if (this.#reportEnd(reason)) return;
    const { connection, graph, node } = this.#own;
    // A connection that never got a hook belongs to no other node.
    if (connection.hook === null) graph.shutdown(node);
    else failNode(this.#own, reason, error);
  }

  onPeerEnded(): Awaited {
    if (this.node.name !== null) (this.#health ??= new ConnectionHealth(this.#own)).peerEnded();
    const { hook } = this.#own.connection;
    return this.keeper === null || hook === null ? "end" : awaitedBy(hook);
  }

  /** Never: it is connected. */
  willConnect(): boolean {
    return false;
  }

  unconfirmed(): Tally {
    return this.#health?.unconfirmed() ?? NOTHING;
  }

  /** Its peer is a client, which is allowed to do that. */
  onClosedWithoutData(): void {}

  onClosedAfterData(): void {}

  /** Never: the datagrams of a flow are sent by the listener's socket. */
  onDatagramSent(): void {}

  /** Never: it does not listen. */
  onAccepted(child: Socket): void {
    child.abort();
  }

  /** Never: it does not listen. */
  onAcceptFailed(): void {}

  shutdown(): void {
    this.#health?.stop();
    const { connection } = this.#own;
    // A normal end would look complete to the peer.
    if (this.keeper !== null && !connection.joinsShared) connection.discard("shutdown");
    const socket = connection.release();
    this.#reportEnd("shutdown");
    // Its address is its listener's: it is not awaited.
    socket?.close();
  }

  report(): RoleReport {
    return { connections: null, draining: false, notes: [], faults: this.#health?.faults() ?? [] };
  }

  /** Reports its end to the listener; false if there is none. */
  #reportEnd(reason: CloseReason): boolean {
    const { keeper } = this;
    this.keeper = null;
    keeper?.ended(this, reason);
    return keeper !== null;
  }
}

const NOTHING: Tally = { items: 0, bytes: 0 };
