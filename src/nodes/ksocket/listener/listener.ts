/**
 * A ksocket that listens, or accepts each source of datagrams: requests connections, one at a time for a program, or as
 * many as are admitted to its target. Admitted connections belong to {@linkcode ClientConnections}.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { DrainOrder, DrainResult } from "../../../graph/core/drain.ts";
import type { Answer } from "../../../graph/core/message.ts";
import { Pending } from "../../../graph/core/pending.ts";
import type { Share } from "../../../graph/data/share.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import { type AcceptReply, sockaddr } from "../../../socket/address_text.ts";
import { connects } from "../../../socket/kind.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket } from "../../../socket/socket.ts";
import { whenLookedUp } from "../../pool/pool.ts";
import { unseenNotes } from "../client/datagram_health.ts";
import { closeSocket } from "../client/client_socket.ts";
import { reasonOf } from "../close_reason.ts";
import type { Awaited } from "../connection/answers.ts";
import { DatagramFlows } from "../flow/datagram_flows.ts";
import { emitChanged, failNode, type Role, type RoleReport, type SocketNode } from "../role.ts";
import { AcceptRequests } from "./accept_requests.ts";
import { type AcceptTarget, destinationsOf } from "../accept_target.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";
import { Admission, type Refusal } from "./admission.ts";
import { hostOf, peerOf } from "./client_source.ts";
import { ClientConnections } from "./client_connections.ts";
import { ConnectionFailures } from "./connection_failures.ts";
import { DrainScheduler } from "./drain_scheduler.ts";
import { ListenerHealth } from "./listener_health.ts";
import { ProxyHeaders } from "./proxy_headers.ts";
import { RecordedConnection } from "./recorded_connection.ts";
import { TargetAttacher } from "./target_attacher.ts";

/** The input of a listener. */
export interface ListenerOptions {
  readonly socket: Socket;
  /** Creates the node of an accepted connection. */
  readonly clone: (child: Socket) => AcceptedSocket;
}

/** The role of a ksocket that accepts. */
export class Listener implements Role {
  readonly kind = "listener";
  readonly #own: SocketNode;
  readonly #clone: ListenerOptions["clone"];
  /** The flows on the listener's own socket; null if each connection has its own. */
  readonly #flows: DatagramFlows | null;
  readonly #connections: ClientConnections;
  readonly #admission: Admission;
  readonly #attacher: TargetAttacher;
  readonly #requests: AcceptRequests;
  readonly #failures: ConnectionFailures;
  readonly #drains: DrainScheduler;
  /** Connections whose PROXY header is being read; created for the first one. */
  #headers: ProxyHeaders | null = null;
  /** The health by its clients. */
  readonly health: ListenerHealth;
  #target: AcceptTarget | null = null;
  #once: Pending<AcceptReply | null> | null = null;

  constructor(own: SocketNode, { socket, clone }: ListenerOptions) {
    this.#own = own;
    this.#clone = clone;
    this.#flows = connects(socket.endpoint) ? null : new DatagramFlows(own, { listener: this, socket });
    this.#attacher = new TargetAttacher(own, socket.endpoint);
    this.#requests = new AcceptRequests({
      request: () => own.connection.socket?.accept(),
      wantsMore: () => this.#wantsMore(),
      take: (child) => this.#deliver(child),
    });
    this.#failures = new ConnectionFailures(own, { limited: this.#flows !== null });
    this.#drains = new DrainScheduler(own.clock);
    this.health = new ListenerHealth(own, (destination) => this.#connections.openOf(destination));
    this.#connections = new ClientConnections(own, {
      clone,
      attacher: this.#attacher,
      health: this.health,
      failures: this.#failures,
      drains: this.#drains,
      left: (one) => {
        this.#admission.left(one);
        this.#noteRoom();
      },
      ended: () => this.#requests.next(),
    });
    this.#admission = new Admission(own, { clones: this.#connections.open, flows: this.#flows });
    own.node.counts.accepts();
  }

  /** True while it accepts, or has open connections. */
  get busy(): boolean {
    return this.#target !== null || this.#connections.busy;
  }

  /** Closes its connections within a time limit. */
  drain(order: DrainOrder): Answer<DrainResult> {
    const answer = this.#drains.begin(this.#connections.open.list(), order);
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

  /** Joins connections to `target` from now on; existing ones do not change. Settled once its names are looked up. */
  arm(target: AcceptTarget): Answer<AcceptReply | null> {
    // Prepared first: if that fails, the previous target stays.
    this.#attacher.prepare(target);
    this.#target = target;
    const lookups = this.health.retarget(target);
    this.#noteRoom();
    this.#moveFlows();
    this.#requests.next();
    return whenLookedUp(lookups);
  }

  /** A template of connections has changed. */
  templateChanged(name: string): void {
    if (this.#target === null || !destinationsOf(this.#target).some(({ template }) => template === name)) return;
    this.health.templateChanged(name);
    this.#moveFlows();
  }

  /** Ends the flows of datagrams if configured: the next datagram of each starts it again, with the new target. */
  #moveFlows(): void {
    if (this.#flows === null || !this.#own.config.moveFlows) return;
    for (const clone of this.#connections.open.list()) clone.retire();
  }

  /** Stops joining connections to the target. Existing ones continue; new ones wait until they are requested. */
  disarm(): void {
    this.#target = null;
    this.#admission.rate.stop();
    this.#attacher.forget();
    this.health.disarmed();
  }

  /**
   * Accepts one connection.
   *
   * @throws NetgraphError EALREADY while another request waits, or if there is a target
   */
  once(): Pending<AcceptReply | null> {
    const { node } = this.#own;
    if (this.#once !== null || this.#target !== null) {
      const who = this.#target === null ? "another accept is already waiting" : "accept has a target";
      throw new NetgraphError("EALREADY", `Cannot accept on "${node.path}": ${who}`);
    }
    const reply = new Pending<AcceptReply | null>();
    this.#once = reply;
    this.#requests.next();
    return reply;
  }

  // The role of a ksocket

  hookConnected(): void {
    if (!this.#own.node.held) this.#own.connection.startDatagrams();
  }

  hookRefused(): void {
    this.#own.connection.discardSocket();
  }

  /** Accepting may start. */
  released(): void {
    this.#requests.next();
    this.#own.connection.dropEarly();
    this.#own.connection.startDatagrams();
  }

  /** This thread's part of its limits may have changed. */
  shared(share: Share): void {
    this.health.shared(share);
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

  onClosedWithoutData(): void {}

  onClosedAfterData(): void {}

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

  report(): RoleReport {
    const targets = this.health.targets();
    return {
      connections: this.#connections.counts(this.#target),
      draining: this.#drains.refusing,
      notes: this.#target === null ? [] : this.#notesOf(this.#target),
      faults: this.health.faults(),
      ...this.health.lastServed(),
      ...(targets.length === 0 ? {} : { targets }),
    };
  }

  #notesOf(target: AcceptTarget): readonly string[] {
    const ofTargets = [...this.#unseen(target), ...this.health.notes(), ...this.#connections.notes()];
    const notes = [...this.#admission.notesOf(target), ...ofTargets];
    return [...new Set(notes)];
  }

  #unseen({ connect }: AcceptTarget): readonly string[] {
    const { runtime, connection: { socket } } = this.#own;
    return socket === null || this.#flows === null || connect === undefined
      ? []
      : unseenNotes(runtime, socket.endpoint);
  }

  // Accepting

  /** Passes a connection to the waiting request or to the target. */
  #deliver(child: Socket): void {
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

  /** The first datagram of a source is refused; it has no flow. */
  onHeaderRefused(from: SocketAddress, why: string): void {
    this.#countRefusal(from, { reason: "proxy_protocol", message: why });
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
      refused: (refused, message, headerBytes) => {
        this.#reject(refused, { reason: "proxy_protocol", message, headerBytes });
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
    if (target === null || evicts || !this.#admission.isAtLimit(target)) this.health.left(this.#connections.open.size);
    else this.health.full(target, this.#connections.open.size, false);
  }

  #take(child: Socket, target: AcceptTarget): void {
    const refusal = this.#drains.refusing ? DRAINING : this.#admission.refusalOf(child, target);
    if (refusal !== null) return this.#reject(child, refusal);
    const { clone, join } = this.#connections.enter(child, target);
    this.#admission.entered(clone, target);
    join();
    this.#noteRoom();
  }

  #reject(child: Socket, { reason, message, perSource, headerBytes }: Refusal): void {
    const peer = peerOf(child);
    const { graph, node } = this.#own;
    if (graph.connectionLog.isOn) {
      new RecordedConnection(this.#own, child, graph.generationOf(node.origin.scope)).ended(null, reason, headerBytes);
    }
    child.abort();
    const target = this.#target;
    if (target !== null && reason === "denied") this.health.refused(message, peer, this.#admission.mayAdmit(target));
    if (reason === "proxy_protocol") this.health.refused(message, peer);
    if (reason === "rate" && perSource === false) this.health.rateExceeded(message);
    if (target !== null && reason === "limit" && this.#admission.isAtLimit(target)) {
      this.health.full(target, this.#connections.open.size, true);
    }
    this.#countRefusal(peer, { reason, message });
  }

  #countRefusal(peer: SocketAddress, { reason, message }: Refusal): void {
    this.#own.node.counts.ended(reason);
    const error = new NetgraphError("EACCES", `Connection from ${hostOf(peer)} is refused: ${message}`);
    this.#failures.refused(sockaddr.format(peer), reason, error);
  }
}

const DRAINING: Refusal = { reason: "drain", message: "the listener is draining" };
