/**
 * The events of a listener about refused connections, and about connections that were closed because of sent data.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { SocketNode } from "../role.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";
import { UNNAMED_ADDRESS } from "./client_source.ts";

/** The interval of reports about refused datagrams for one reason: their senders often send many. All are counted. */
const REPORT_EVERY_MS = 1_000;

/** The reason for closing a connection whose client has not read its data. */
const SLOW_CLIENT = "The client reads more slowly than data is sent to it, and its queue is full; " +
  "setpolicy of the node that sends to it has a larger queue, or drops data instead";

/** Reasons for closing connections because of their clients' data. */
const BROKEN: ReadonlyMap<CloseReason, string> = new Map([
  ["framing", "The client sent data that breaks the framing"],
  ["too_big", "The client sent an item that is larger than maxSize of the frame node"],
  [
    "queue_full",
    "The receiver of the data of this client reads more slowly than the client sends, and a queue is full",
  ],
  ["loop", "The data of this client comes back to a node that it has passed: remove the loop from the links"],
]);

/** Emits the failures of one listener's connections. */
export class ConnectionFailures {
  readonly #own: SocketNode;
  /** The last report of each reason; null if all are reported, as for streams. */
  readonly #reportedAt: Map<CloseReason, number> | null;

  /** @param options `limited`: reports each reason once a second */
  constructor(own: SocketNode, { limited }: { readonly limited: boolean }) {
    this.#own = own;
    this.#reportedAt = limited ? new Map() : null;
  }

  /** Reports that a connection from `peer` was not served. */
  emit(peer: string, reason: CloseReason, error: NetgraphError): void {
    if (!this.#mayReport(reason)) return;
    const { graph, node } = this.#own;
    const topology = node.origin.scope;
    const name = node.name ?? node.path;
    graph.emit({ kind: "connection-failed", topology, node: name, peer, reason, error: error.toData() });
  }

  /** Counts and reports a connection from `peer` that was refused. */
  refused(peer: string, reason: CloseReason, error: NetgraphError): void {
    this.#own.node.counts.closed(reason);
    this.emit(peer, reason, error);
  }

  /** Reports a connection that was closed for what was sent: its client sees no more than a reset. */
  closed({ peer, endedUnread, tlsFailure }: AcceptedSocket, reason: CloseReason): void {
    if (reason === "tls" && tlsFailure !== null) {
      return this.emit(sockaddr.format(peer ?? UNNAMED_ADDRESS), reason, tlsFailure);
    }
    const why = reason === "queue_full" && endedUnread ? SLOW_CLIENT : BROKEN.get(reason);
    if (why === undefined || peer === null) return;
    this.emit(sockaddr.format(peer), reason, new NetgraphError("EPROTO", why));
  }

  #mayReport(reason: CloseReason): boolean {
    if (this.#reportedAt === null) return true;
    const now = this.#own.clock.now();
    if (now - (this.#reportedAt.get(reason) ?? -Infinity) < REPORT_EVERY_MS) return false;
    this.#reportedAt.set(reason, now);
    return true;
  }
}
