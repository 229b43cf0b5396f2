/**
 * The connections of a listener, from their admission until their nodes have delivered everything: each is joined to
 * its destination, counted, and ended together with the nodes that were created for it.
 *
 * @module
 */

import { CompactingMap } from "../../../compacting_map.ts";
import { NetgraphError } from "../../../errors.ts";
import { thrownBy } from "../../../graph/core/crash.ts";
import { Pending } from "../../../graph/core/pending.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import { countAttempts } from "../../../graph/data/counts.ts";
import type { ConnectionCounts } from "../../../graph/data/node_report.ts";
import { LinkedList } from "../../../linked_list.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { AcceptTarget } from "../accept_target.ts";
import { reasonOf } from "../close_reason.ts";
import type { Destination } from "../destination.ts";
import type { SocketNode } from "../role.ts";
import { explainSetup } from "../outcomes.ts";
import type { FirstBytes } from "../routing/first_bytes.ts";
import type { AcceptedSocket, CloneKeeper } from "./accepted_socket.ts";
import { hostOf, UNNAMED_ADDRESS } from "./client_source.ts";
import type { ConnectionFailures } from "./connection_failures.ts";
import { ConnectionRouter } from "./connection_router.ts";
import { Delivery, heldBy } from "./delivery.ts";
import type { DrainScheduler } from "./drain_scheduler.ts";
import type { ListenerHealth } from "./listener_health.ts";
import { asPrefetched, type PrefetchedSocket } from "./prefetched_socket.ts";
import { RecordedConnection } from "./recorded_connection.ts";
import type { TargetAttacher } from "./target_attacher.ts";

/** The parts of the listener that its connections use. */
export interface ClientConnectionsOptions {
  /** Creates the node of an accepted connection. */
  readonly clone: (child: Socket) => AcceptedSocket;
  readonly attacher: TargetAttacher;
  readonly health: ListenerHealth;
  readonly failures: ConnectionFailures;
  readonly drains: DrainScheduler;
  /** Called when a connection has left: its place is free. */
  readonly left: (clone: AcceptedSocket) => void;
  /** Called when a connection has ended: the next one can be requested. */
  readonly ended: () => void;
}

/** A target that reads nothing for this time is reported in a note, as a peer of a connecting socket is. */
const UNREAD_MS = 10_000;

/** The connections of one listener. */
export class ClientConnections implements CloneKeeper {
  /** The open connections. */
  readonly open = new LinkedList<AcceptedSocket>();
  readonly #own: SocketNode;
  readonly #options: ClientConnectionsOptions;
  /** Ended connections whose nodes still deliver data. */
  readonly #ending = new CompactingMap<AcceptedSocket, Ending>();
  readonly #router: ConnectionRouter;

  constructor(own: SocketNode, options: ClientConnectionsOptions) {
    this.#own = own;
    this.#options = options;
    this.#router = new ConnectionRouter(own.clock, own.node);
  }

  get health(): ListenerHealth {
    return this.#options.health;
  }

  /** True while one is open, or still delivers data. */
  get busy(): boolean {
    return this.open.size > 0 || this.#ending.size > 0;
  }

  /** A note about connections whose data waits for a target that does not read; a short pause is normal. */
  notes(): readonly string[] {
    let count = 0;
    let longestMs = 0;
    for (const { unreadMs } of this.open.list()) {
      if (unreadMs < UNREAD_MS) continue;
      count++;
      longestMs = Math.max(longestMs, unreadMs);
    }
    if (count === 0) return [];
    const since = new Date(this.#own.clock.wall().getTime() - longestMs).toISOString().replace(/\.\d+Z$/, "Z");
    const waiting = count === 1 ? "1 connection waits" : `${count} connections wait`;
    return [`${waiting} since ${since}: the target reads slowly or not at all`];
  }

  /** The number of open connections of a destination. */
  openOf(destination: Destination): number {
    return this.open.list().filter((clone) => clone.destination === destination).length;
  }

  /** The open connections, by the generation in which they were accepted and by rule, and the results of all. */
  counts(target: AcceptTarget | null): ConnectionCounts {
    const byGeneration: Record<string, number> = {};
    const clones = this.open.list();
    for (const { node } of clones) {
      const generation = String(node.origin.generation);
      byGeneration[generation] = (byGeneration[generation] ?? 0) + 1;
    }
    return {
      active: this.open.size,
      byGeneration,
      ...countAttempts(this.#own.node.counts.results),
      ...(target?.route === undefined ? {} : { byRule: this.#router.counts(target, clones.map(({ rule }) => rule)) }),
    };
  }

  /**
   * Takes an admitted connection.
   *
   * @returns its node, and `join`, which joins it to its destination: with TLS, once the handshake is complete
   */
  enter(child: Socket, target: AcceptTarget): { readonly clone: AcceptedSocket; readonly join: () => void } {
    const routed = target.route === undefined ? null : asPrefetched(child, this.#own.clock);
    const clone = this.#options.clone(routed ?? child);
    this.open.add(clone);
    if (this.#own.graph.connectionLog.isOn) {
      clone.recorded = new RecordedConnection(this.#own, routed ?? child, clone.node.origin.generation);
    }
    const attach = routed === null
      ? () => this.#attach(clone, { destination: target, target })
      : () => this.#route(clone, { socket: routed, target });
    const join = (): void => {
      clone.keeper = this;
      if (child.endpoint.tls) clone.whenSecured(attach);
      else attach();
    };
    return { clone, join };
  }

  /** Joins a connection to the destination of its rule, once that is certain. */
  #route(clone: AcceptedSocket, { socket, target }: { socket: PrefetchedSocket; target: AcceptTarget }): void {
    this.#router.route(socket, target, (routed) => {
      if (clone.recorded !== null) recordHello(clone.recorded, routed.first);
      if (routed.kind === "none") return this.#notRouted(clone, routed.seen);
      clone.rule = routed.rule;
      this.#attach(clone, { destination: routed.rule, target });
    });
  }

  #notRouted(clone: AcceptedSocket, seen: string): void {
    const peer = clone.peer ?? UNNAMED_ADDRESS;
    this.#release(clone, "no_route");
    this.#own.node.counts.ended("no_route");
    const why = `no rule of route matches ${seen}`;
    this.health.refused(why, peer);
    const message = `Connection from ${hostOf(peer)} is closed: ${why}`;
    this.#options.failures.refused(sockaddr.format(peer), "no_route", new NetgraphError("ENOENT", message));
    this.#options.ended();
  }

  #attach(clone: AcceptedSocket, { destination, target }: { destination: Destination; target: AcceptTarget }): void {
    const { attacher, health } = this.#options;
    health.admitted(this.open.size);
    clone.destination = destination;
    try {
      const joined = attacher.join(clone, destination, target.messages);
      if (!(joined instanceof Pending)) return this.#joined(clone, destination);
      health.joining(clone);
      joined.whenSettled((outcome) =>
        outcome.ok ? this.#joined(clone, destination) : this.#notJoined(clone, destination, outcome.error)
      );
    } catch (error) {
      this.#notJoined(clone, destination, error);
    }
  }

  #joined(clone: AcceptedSocket, destination: Destination): void {
    this.health.joined(clone, destination);
    // It has ended meanwhile, and was counted.
    if (clone.stage !== "joining") return;
    clone.stage = "joined";
    clone.recordTarget();
    this.#own.node.counts.ended("accepted");
    for (const copy of clone.node.owned) copy.counts.ended("accepted");
    clone.start();
  }

  #notJoined(clone: AcceptedSocket, destination: Destination, cause: unknown): void {
    const error = cause instanceof NetgraphError ? cause : thrownBy(this.#own.node, cause);
    const explained = explainSetup(error);
    if (error.code === "ECANCELED" || clone.keeper !== this) this.health.clientLeft(clone);
    else this.health.notJoined(clone, destination, explained);
    // It has ended meanwhile, and was counted.
    if (clone.stage !== "joining") return;
    const { peer } = clone;
    this.#release(clone, reasonOf(error));
    const { counts } = this.#own.node;
    // The client has left, and its target has ended before it: it was not refused.
    const left = error.code === "ECANCELED";
    counts.ended(left ? "aborted" : "upstream_failed");
    if (left) counts.closed("reset");
    else this.#options.failures.refused(sockaddr.format(peer ?? UNNAMED_ADDRESS), reasonOf(error), explained);
    this.#options.ended();
  }

  /** Closes a connection that was not joined. */
  #release(clone: AcceptedSocket, reason: CloseReason): void {
    clone.stage = "ended";
    clone.keeper = null;
    clone.recordEnd(reason);
    clone.refuse();
    this.#leave(clone);
    this.#endCopy(clone, reason);
  }

  ended(clone: AcceptedSocket, reason: CloseReason): void {
    const ending = this.#ending.get(clone);
    // Its node is shut down before everything was delivered.
    if (ending !== undefined) return this.#endAll(clone, ending);
    const { counts } = this.#own.node;
    counts.closed(reason);
    clone.recordEnd(reason);
    const wasJoining = clone.stage === "joining";
    if (wasJoining) counts.ended("aborted");
    clone.stage = "ended";
    this.#options.failures.closed(clone, reason);
    this.#leave(clone);
    if (wasJoining && reason === "tls") this.health.refused("the TLS handshake failed", clone.peer ?? UNNAMED_ADDRESS);
    if (reason === "shutdown" || heldBy(clone) === 0) this.#endAll(clone, { wait: null, reason });
    else {
      clone.keeper = this;
      const wait = new Delivery(clone, this.#own.graph.clock, () => {
        const delivered = this.#ending.get(clone);
        if (delivered !== undefined) this.#endAll(clone, delivered);
      });
      this.#ending.set(clone, { wait, reason });
    }
    this.#options.ended();
  }

  #leave(clone: AcceptedSocket): void {
    this.open.remove(clone);
    this.#options.left(clone);
  }

  #endAll(clone: AcceptedSocket, { wait, reason }: Ending): void {
    wait?.stop();
    this.#ending.delete(clone);
    clone.keeper = null;
    this.#endCopy(clone, reason);
    this.#own.graph.shutdown(clone.node);
  }

  #endCopy(clone: AcceptedSocket, reason: CloseReason): void {
    // A normal end would look complete: also if a node on the way, such as a hub, does not pass a reset.
    if (reason !== "eof" && !(reason === "drain" && clone.isIdle)) {
      for (const node of clone.node.owned) node.attempt((behaviour) => behaviour.discard?.(reason));
    }
    this.#own.graph.shutdownAll(clone.node.owned);
    this.#options.drains.ended(clone, reason);
  }
}

/** The server name that a client sends in TLS that is not decrypted, as far as its first bytes have it. */
function recordHello(recorded: RecordedConnection, first: FirstBytes): void {
  if (first.handshake !== null || first.isTls(true) !== "yes") return;
  const hello = first.hello();
  recorded.setServerName(hello.kind === "hello" ? hello.hello.serverName : null);
}

/** An ended connection, with the reason. */
interface Ending {
  /** Null if there is nothing to wait for. */
  readonly wait: Delivery | null;
  readonly reason: CloseReason;
}
