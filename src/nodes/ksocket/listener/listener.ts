/**
 * A ksocket that listens, or accepts each source of datagrams: handles accepted connections: one at a time for a
 * program, or each joined to its target, within limits, counted.
 *
 * @module
 */

import { LinkedList } from "../../../linked_list.ts";
import { NetgraphError } from "../../../errors.ts";
import { thrownBy } from "../../../graph/core/crash.ts";
import type { DrainOrder, DrainResult } from "../../../graph/core/drain.ts";
import type { Answer } from "../../../graph/core/message.ts";
import { Pending } from "../../../graph/core/pending.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import { countAttempts, type Tally } from "../../../graph/data/counts.ts";
import type { ConnectionCounts } from "../../../graph/data/node_report.ts";
import { type AcceptReply, sockaddr } from "../../../socket/address_text.ts";
import { connects } from "../../../socket/kind.ts";
import type { Socket } from "../../../socket/socket.ts";
import { closeSocket } from "../client/client_socket.ts";
import { reasonOf } from "../close_reason.ts";
import type { Awaited } from "../connection/answers.ts";
import { DatagramFlows } from "../flow/datagram_flows.ts";
import { emitChanged, failNode, type Life, type LifeReport, type SocketNode } from "../life.ts";
import { explainSetup } from "../outcomes.ts";
import { AcceptRequests } from "./accept_requests.ts";
import { type AcceptTarget, destinationsOf } from "../accept_target.ts";
import type { Destination } from "../destination.ts";
import type { AcceptedSocket, CloneKeeper } from "./accepted_socket.ts";
import { Admission, NOWHERE, peerOf, type Refusal, sourceOf } from "./admission.ts";
import { ConnectionFailures } from "./connection_failures.ts";
import { ConnectionRouter } from "./connection_router.ts";
import { Delivery, heldBy } from "./delivery.ts";
import { DrainScheduler } from "./drain_scheduler.ts";
import { ListenerHealth } from "./listener_health.ts";
import { asNamed, type NamedSocket } from "./named_socket.ts";
import { ProxyHeaders } from "./proxy_headers.ts";
import { TargetAttacher } from "./target_attacher.ts";

/** The input of a listener. */
export interface ListenerOptions {
  readonly socket: Socket;
  /** Creates the node of an accepted connection. */
  readonly clone: (child: Socket) => AcceptedSocket;
}

/** The life of a ksocket that accepts. */
export class Listener implements Life, CloneKeeper {
  readonly kind = "listener";
  readonly #own: SocketNode;
  readonly #clone: (child: Socket) => AcceptedSocket;
  /** The flows on the listener's own socket; null if each connection has its own. */
  readonly #flows: DatagramFlows | null;
  readonly #clones = new LinkedList<AcceptedSocket>();
  readonly #admission: Admission;
  readonly #attacher: TargetAttacher;
  readonly #requests: AcceptRequests;
  readonly #failures: ConnectionFailures;
  readonly #drains: DrainScheduler;
  /** Connections whose PROXY header is being read; created for the first one. */
  #headers: ProxyHeaders | null = null;
  readonly #router: ConnectionRouter;
  /** The health by its clients. */
  readonly health: ListenerHealth;
  /** Ended connections whose nodes still deliver data. */
  readonly #ending = new Map<AcceptedSocket, Ending>();
  #target: AcceptTarget | null = null;
  #once: Pending<AcceptReply | null> | null = null;

  constructor(own: SocketNode, { socket, clone }: ListenerOptions) {
    this.#own = own;
    this.#clone = clone;
    this.#flows = connects(socket.endpoint) ? null : new DatagramFlows(own, { listener: this, socket });
    this.#admission = new Admission(own, { clones: this.#clones, flows: this.#flows });
    this.#attacher = new TargetAttacher(own, socket.endpoint);
    this.#requests = new AcceptRequests({
      request: () => own.connection.socket?.accept(),
      wantsMore: () => this.#wantsMore(),
      take: (child) => this.#give(child),
    });
    this.#failures = new ConnectionFailures(own, { limited: this.#flows !== null });
    this.#drains = new DrainScheduler(own.clock);
    this.#router = new ConnectionRouter(own.clock);
    this.health = new ListenerHealth(own);
    own.node.counts.accepts();
  }

  /** True while it accepts, or has open connections. */
  get busy(): boolean {
    return this.#target !== null || this.#clones.size > 0 || this.#ending.size > 0;
  }

  /** Ends its connections by a deadline. */
  drain(order: DrainOrder): Answer<DrainResult> {
    const answer = this.#drains.begin(this.#clones.list(), order);
    // Those in the system's queue are refused now.
    this.#requests.next();
    emitChanged(this.#own);
    return answer;
  }

  /** Accepts connections again. */
  undrain(): void {
    this.#drains.stop();
    emitChanged(this.#own);
  }

  /** The target of connections; null if there is none. */
  get target(): AcceptTarget | null {
    return this.#target;
  }

  /** Joins connections to `target` from now on; existing ones do not change. */
  arm(target: AcceptTarget): void {
    // Prepared first: if that fails, the previous target stays.
    this.#attacher.prepare(target);
    this.#target = target;
    this.health.retarget(target);
    this.#noteRoom();
    this.#moveFlows();
    this.#requests.next();
  }

  /** A template of connections has changed. */
  templateChanged(name: string): void {
    if (this.#target === null || !destinationsOf(this.#target).some(({ template }) => template === name)) return;
    this.health.templateChanged();
    this.#moveFlows();
  }

  /** Ends the flows of datagrams if configured: the next datagram of each starts it again, with the new target. */
  #moveFlows(): void {
    if (this.#flows === null || !this.#own.config.moveFlows) return;
    for (const clone of this.#clones.list()) clone.retire();
  }

  /** Stops joining connections to the target. Existing ones continue; new ones wait until they are requested. */
  disarm(): void {
    this.#target = null;
    this.#admission.rate.stop();
    this.#attacher.forget();
    this.health.retarget(null);
  }

  /**
   * Accepts one connection.
   *
   * @throws NetgraphError EALREADY while another request waits, or if there is a target
   */
  once(): Pending<AcceptReply | null> {
    const { node } = this.#own;
    if (this.#once !== null || this.#target !== null) {
      const who = this.#target === null ? "one accept waits already" : "its accept has a target";
      throw new NetgraphError("EALREADY", `Cannot accept on "${node.path}": ${who}`);
    }
    const reply = new Pending<AcceptReply | null>();
    this.#once = reply;
    this.#requests.next();
    return reply;
  }

  // The life of a ksocket

  hookConnected(): void {
    if (!this.#own.node.held) this.#own.connection.startDatagrams();
  }

  hookRefused(): void {
    this.#own.connection.takeBackSocket();
  }

  /** Accepting may start. */
  released(): void {
    this.#requests.next();
    this.#own.connection.dropEarly();
    this.#own.connection.startDatagrams();
  }

  /** This thread's part of its limits may have changed. */
  shared(): void {
    this.#requests.next();
  }

  onAccepted(child: Socket): void {
    if (this.#flows === null) return this.#requests.arrived(child);
    // The first datagram of a flow does not wait for a request: the flow starts or the datagram is dropped.
    if (this.#target === null) child.abort();
    else this.#take(child, this.#target);
  }

  /**
   * Accepting failed because of missing resources; the socket resumes automatically. No connection was accepted, so
   * nothing is counted.
   */
  onAcceptFailed(error: NetgraphError): void {
    this.health.paused(error);
    this.#failures.emit("", reasonOf(error), error);
  }

  /** It stops accepting, although its connections continue. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void {
    this.close();
    failNode(this.#own, reason, error);
  }

  onPeerEnded(): Awaited {
    return "end";
  }

  onEndedUnheard(): void {}

  onEndedHeard(): void {}

  onDatagramSent(): void {}

  willConnect(): boolean {
    return false;
  }

  unconfirmed(): Tally {
    return { items: 0, bytes: 0 };
  }

  shutdown(): void | Pending<null> {
    this.close();
    return closeSocket(this.#own);
  }

  report(): LifeReport {
    return {
      connections: this.#counts(),
      draining: this.#drains.refusing,
      notes: this.#target === null ? [] : this.#admission.notesOf(this.#target),
      faults: this.health.faults(),
      ...(this.health.ownPool === null ? {} : { targets: this.health.ownPool.reports() }),
    };
  }

  // Accepting

  /** Passes a connection to the waiting request or to the target. */
  #give(child: Socket): void {
    const once = this.#once;
    if (once !== null) {
      this.#once = null;
      const clone = this.#clone(child);
      this.#own.node.counts.ended("accepted");
      clone.waitForHook();
      once.resolve({ nodeid: clone.node.id, addr: peerOf(child) });
    } else if (this.#target !== null) {
      if (this.#target.proxyProtocol === undefined || this.#drains.refusing) this.#take(child, this.#target);
      else this.#readHeader(child, this.#target);
    }
  }

  #readHeader(child: Socket, target: AcceptTarget): void {
    this.#headers ??= new ProxyHeaders(this.#own, {
      ready: (named) => {
        if (this.#target !== null) this.#take(named, this.#target);
        else {
          named.abort();
          this.#own.node.counts.ended("aborted");
        }
        this.#requests.next();
      },
      refused: (refused, message) => {
        this.#reject(refused, { reason: "proxy_protocol", message });
        this.#requests.next();
      },
      aborted: () => {
        this.#own.node.counts.ended("aborted");
        this.#requests.next();
      },
    });
    this.#headers.read(child, target);
  }

  /** The listener was removed. Its connections stay open, except for those on its socket. */
  close(): void {
    this.health.close();
    this.#admission.rate.stop();
    const { node, graph } = this.#own;
    if (this.#requests.close()) node.counts.ended("aborted");
    this.#headers?.close();
    this.#once?.reject(new NetgraphError("ECANCELED", `Cannot accept on "${node.path}": it is shut down`));
    for (const owned of node.owned) if (this.#flows !== null || owned.hooks.size === 0) graph.shutdown(owned);
  }

  #counts(): ConnectionCounts {
    const byGeneration: Record<string, number> = {};
    for (const { node } of this.#clones.list()) {
      const generation = String(node.origin.generation);
      byGeneration[generation] = (byGeneration[generation] ?? 0) + 1;
    }
    const target = this.#target;
    return {
      active: this.#clones.size,
      byGeneration,
      ...countAttempts(this.#own.node.counts.results),
      ...(target?.route === undefined
        ? {}
        : { byRule: this.#router.counts(target, [...this.#clones.list()].map(({ rule }) => rule)) }),
    };
  }

  #wantsMore(): boolean {
    if (this.#own.node.held || this.#flows !== null) return false;
    if (this.#once !== null) return true;
    if (this.#target === null) return false;
    if (this.#drains.refusing) return true;
    if (this.#headers?.isFull === true) return false;
    if (this.#target.overflow === "refuse") return true;
    return !this.#admission.isFull(this.#target) &&
      !this.#admission.rate.mustWait(this.#target, () => this.#requests.next());
  }

  /** Flows make room for new ones unless those are refused, which is intended then. */
  #noteRoom(): void {
    const target = this.#target;
    const evicts = this.#flows !== null && target?.overflow !== "refuse";
    if (target === null || evicts || !this.#admission.isAtLimit(target)) this.health.left(this.#clones.size);
    else this.health.full(target, this.#clones.size, false);
  }

  #take(child: Socket, target: AcceptTarget): void {
    const refusal = this.#drains.refusing ? DRAINING : this.#admission.refusalOf(child, target);
    if (refusal !== null) return this.#reject(child, refusal);
    const routed = target.route === undefined ? null : asNamed(child, this.#own.clock);
    const clone = this.#clone(routed ?? child);
    this.#clones.add(clone);
    this.#admission.entered(clone, target);
    this.health.admitted(this.#clones.size);
    clone.keeper = this;
    const join = routed === null
      ? () => this.#joinOrRefuse(clone, target, target)
      : () => this.#route(clone, routed, target);
    if (child.endpoint.tls) clone.whenSecured(join);
    else join();
    this.#noteRoom();
  }

  /** Joins a connection to the destination of its rule, once that is certain. */
  #route(clone: AcceptedSocket, socket: NamedSocket, target: AcceptTarget): void {
    this.#router.route(socket, target, (routed) => {
      if (routed.kind === "none") return this.#notRouted(clone, routed.seen);
      clone.rule = routed.rule;
      this.#joinOrRefuse(clone, target, routed.rule);
    });
  }

  #notRouted(clone: AcceptedSocket, seen: string): void {
    const peer = clone.peer ?? NOWHERE;
    this.#release(clone, "no_route");
    this.#own.node.counts.ended("no_route");
    const message = `Connection from ${sourceOf(peer)} is closed: no rule of route takes ${seen}`;
    this.#refuse(sockaddr.format(peer), "no_route", new NetgraphError("ENOENT", message));
    this.#requests.next();
  }

  #reject(child: Socket, { reason, message }: Refusal): void {
    const peer = peerOf(child);
    child.abort();
    const target = this.#target;
    if (target !== null && reason === "denied") this.health.denied(peer, this.#admission.mayAdmit(target));
    if (target !== null && reason === "limit" && this.#admission.isAtLimit(target)) {
      this.health.full(target, this.#clones.size, true);
    }
    this.#own.node.counts.ended(reason);
    const error = new NetgraphError("EACCES", `Connection from ${sourceOf(peer)} is refused: ${message}`);
    this.#refuse(sockaddr.format(peer), reason, error);
  }

  #joinOrRefuse(clone: AcceptedSocket, target: AcceptTarget, destination: Destination): void {
    try {
      const joined = this.#attacher.join(clone, destination, target.messages);
      if (!(joined instanceof Pending)) return this.#joined(clone);
      this.health.joining(clone);
      joined.whenSettled((outcome) => outcome.ok ? this.#joined(clone) : this.#notJoined(clone, outcome.error));
    } catch (error) {
      this.#notJoined(clone, error);
    }
  }

  #joined(clone: AcceptedSocket): void {
    this.health.joined(clone);
    // It has ended meanwhile, and was counted.
    if (clone.stage !== "joining") return;
    clone.stage = "joined";
    this.#own.node.counts.ended("accepted");
    for (const copy of clone.node.owned) copy.counts.ended("accepted");
    clone.start();
  }

  #notJoined(clone: AcceptedSocket, cause: unknown): void {
    const error = cause instanceof NetgraphError ? cause : thrownBy(this.#own.node, cause);
    const explained = explainSetup(error);
    if (error.code === "ECANCELED" || clone.keeper !== this) this.health.gaveUp(clone);
    else this.health.notJoined(clone, explained);
    // It has ended meanwhile, and was counted.
    if (clone.stage !== "joining") return;
    const { peer } = clone;
    this.#release(clone, reasonOf(error));
    const { counts } = this.#own.node;
    // The client has left, and its target has ended before it: it was not refused.
    const left = error.code === "ECANCELED";
    counts.ended(left ? "aborted" : "upstream_failed");
    if (left) counts.closed("reset");
    else this.#refuse(sockaddr.format(peer ?? NOWHERE), reasonOf(error), explained);
    this.#requests.next();
  }

  /** Closes a connection that was not joined. */
  #release(clone: AcceptedSocket, reason: CloseReason): void {
    clone.stage = "ended";
    clone.keeper = null;
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
    if (clone.stage === "joining") counts.ended("aborted");
    clone.stage = "ended";
    this.#failures.closed(clone, reason);
    this.#leave(clone);
    if (reason === "shutdown" || heldBy(clone) === 0) this.#endAll(clone, { wait: null, reason });
    else {
      clone.keeper = this;
      const wait = new Delivery(clone, this.#own.graph.clock, () => {
        const ended = this.#ending.get(clone);
        if (ended !== undefined) this.#endAll(clone, ended);
      });
      this.#ending.set(clone, { wait, reason });
    }
    this.#requests.next();
  }

  /** The connection has ended, and makes room for the next one. */
  #leave(clone: AcceptedSocket): void {
    this.#clones.remove(clone);
    this.#admission.left(clone);
    this.#noteRoom();
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
    if (reason !== "eof" && !(reason === "drain" && clone.isQuiet)) {
      for (const node of clone.node.owned) node.attempt((behaviour) => behaviour.discard?.(reason));
    }
    this.#own.graph.shutdownAll(clone.node.owned);
    this.#drains.ended(clone, reason);
  }

  #refuse(peer: string, reason: CloseReason, error: NetgraphError): void {
    this.#own.node.counts.closed(reason);
    this.#failures.emit(peer, reason, error);
  }
}

const DRAINING: Refusal = { reason: "drain", message: "the listener is draining" };

/** An ended connection, with the reason. */
interface Ending {
  /** Null if there is nothing to wait for. */
  readonly wait: Delivery | null;
  readonly reason: CloseReason;
}
