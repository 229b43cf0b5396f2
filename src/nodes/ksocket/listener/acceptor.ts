/**
 * What becomes of the connections that a listening ksocket takes: one at a time for whoever asked, or each into its
 * target, within limits, counted.
 *
 * @module
 */

import { LinkedList } from "../../../linked_list.ts";
import { NetgraphError } from "../../../errors.ts";
import { thrownBy } from "../../../graph/core/crash.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { DrainOrder, DrainResult } from "../../../graph/core/drain.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import type { Answer } from "../../../graph/core/message.ts";
import { Pending } from "../../../graph/core/pending.ts";
import { countAttempts } from "../../../graph/data/counts.ts";
import type { ConnectionCounts } from "../../../graph/data/node_report.ts";
import { partOfLimit, WHOLE } from "../../../graph/data/share.ts";
import { type AcceptReply, sockaddr } from "../../../socket/address_text.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import type { Socket, SocketRuntime } from "../../../socket/socket.ts";
import { type AcceptTarget, DEFAULT_MAX_SESSIONS } from "./accept_target.ts";
import { Admission, peerOf } from "./admission.ts";
import { reasonOf } from "../close_reason.ts";
import type { Clone, CloneKeeper } from "./clone.ts";
import { Delivery, heldBy } from "./delivery.ts";
import { DrainScheduler } from "./drain_scheduler.ts";
import { TargetAttacher, type TargetAttacherHost } from "./target_attacher.ts";
import { ListenerHealth } from "./listener_health.ts";
import { discardingOwner } from "../connection/discarding_owner.ts";
import { explainSetup } from "../outcomes.ts";
import { NOWHERE, sourceOf } from "./source_counts.ts";

/** The listening ksocket, as its acceptor sees it. */
export interface Listener extends TargetAttacherHost {
  readonly runtime: SocketRuntime;
  /** Where it is bound; null where it is not, or no more. */
  readonly local: SocketAddress | null;
  /** Asks the socket for one connection. */
  request(): void;
  /** Where those who are accepted live on the listener's own socket; null where each has one of its own. */
  readonly sessions: { evict(): boolean } | null;
  /** Makes the node of an accepted connection. */
  clone(child: Socket): Clone;
}

/** Accepts for one listener. */
export class Acceptor implements CloneKeeper {
  readonly #listener: Listener;
  readonly #clones = new LinkedList<Clone>();
  readonly #admission = new Admission();
  readonly #joining: TargetAttacher;
  /** How its clients fare. */
  readonly health: ListenerHealth;
  /** When a refusal was last told, by reason. */
  readonly #toldAt = new Map<CloseReason, number>();
  readonly #drains: DrainScheduler;
  /** Connections that are over, whose nodes still deliver what they hold. */
  readonly #ending = new Map<Clone, Ending>();
  #target: AcceptTarget | null = null;
  #once: Pending<AcceptReply | null> | null = null;
  #requested = false;
  #requesting = false;
  /**
   * What was asked for and came when nobody wanted it any more (`max` was lowered, the target taken away): it waits, as
   * those in the system's queue do.
   */
  #beyond: Socket | null = null;
  #closed = false;

  constructor(listener: Listener) {
    this.#listener = listener;
    listener.node.counts.accepts();
    this.#joining = new TargetAttacher(listener);
    this.health = new ListenerHealth(listener);
    this.#drains = new DrainScheduler(listener.graph.clock);
  }

  /** True while it drains, and so takes nobody. */
  get draining(): boolean {
    return this.#drains.refusing;
  }

  /** True while it takes somebody, or has taken somebody who is there still. */
  get busy(): boolean {
    return this.#target !== null || this.#clones.size > 0 || this.#ending.size > 0;
  }

  /** Ends its connections by a deadline. */
  drain(order: DrainOrder): Answer<DrainResult> {
    const answer = this.#drains.begin(this.#clones.list(), order);
    // Who waits in the system's queue is told now.
    this.#request();
    return answer;
  }

  /** Takes connections again. */
  undrain(): void {
    this.#drains.stop();
  }

  /** What becomes of connections; null while nobody said. */
  get target(): AcceptTarget | null {
    return this.#target;
  }

  /** Takes connections into `target` from now on; those that are there go on as they began. */
  arm(target: AcceptTarget): void {
    // Made first: when that fails, the target before it stays.
    this.#joining.prepare(target);
    this.#target = target;
    this.health.retarget(target);
    this.#noteRoom();
    this.#moveFlows();
    this.#request();
  }

  /** A template has changed, from which connections are made. */
  templateChanged(name: string): void {
    if (this.#target?.template === name) this.#moveFlows();
  }

  /** Ends the flows of datagrams where the listener is told to: the next datagram of each begins it again, elsewhere. */
  #moveFlows(): void {
    if (this.#listener.sessions === null || !this.#listener.config().moveFlows) return;
    for (const clone of this.#clones.list()) clone.retire();
  }

  /** Takes no more connections into the target. Those that are there go on; what comes waits until somebody asks. */
  disarm(): void {
    this.#target = null;
    this.#joining.forget();
    this.health.retarget(null);
  }

  /**
   * Takes one connection.
   *
   * @throws NetgraphError EALREADY while another asks, or a target takes them all
   */
  once(): Pending<AcceptReply | null> {
    const { node } = this.#listener;
    if (this.#once !== null || this.#target !== null) {
      const who = this.#target === null ? "one accept waits already" : "its accept has a target";
      throw new NetgraphError("EALREADY", `Cannot accept on "${node.path}": ${who}`);
    }
    const reply = new Pending<AcceptReply | null>();
    this.#once = reply;
    this.#request();
    return reply;
  }

  /** The bring-up is done: accepting may begin. */
  release(): void {
    this.#request();
  }

  /** A connection was taken. */
  accepted(child: Socket): void {
    // It is there now, and waits for nobody: it begins or is dropped.
    if (this.#listener.sessions !== null) {
      return this.#target === null ? child.abort() : this.#take(child, this.#target);
    }
    this.#requested = false;
    if (this.#closed) child.abort();
    else if (this.#wantsMore()) this.#give(child);
    else this.#hold(child);
    this.#request();
  }

  /** Gives a connection to whoever wants it. */
  #give(child: Socket): void {
    const once = this.#once;
    if (once !== null) {
      this.#once = null;
      const clone = this.#listener.clone(child);
      this.#listener.node.counts.ended("accepted");
      clone.waitForHook();
      once.resolve({ nodeid: clone.node.id, addr: peerOf(child) });
    } else if (this.#target !== null) this.#take(child, this.#target);
  }

  /** Taking failed for want of something; the socket goes on by itself. As nobody was taken, no peer is told and nothing counted. */
  failed(error: NetgraphError): void {
    this.health.paused(error);
    this.#tell("", reasonOf(error), error);
  }

  /** The listener is gone. Its connections live on, except for those that are on its socket. */
  close(): void {
    this.#closed = true;
    this.health.close();
    const { node, graph, sessions } = this.#listener;
    if (this.#beyond !== null) node.counts.ended("aborted");
    this.#beyond?.abort();
    this.#beyond = null;
    this.#once?.reject(new NetgraphError("ECANCELED", `Cannot accept on "${node.path}": it is shut down`));
    for (const owned of node.owned) if (sessions !== null || owned.hooks.size === 0) graph.shutdown(owned);
  }

  counts(): ConnectionCounts {
    const byGeneration: Record<string, number> = {};
    for (const { node } of this.#clones.list()) {
      const generation = String(node.origin.generation);
      byGeneration[generation] = (byGeneration[generation] ?? 0) + 1;
    }
    return { active: this.#clones.size, byGeneration, ...countAttempts(this.#listener.node.counts.results) };
  }

  /** What an operator may want to know of clients that were refused. */
  notes(): readonly string[] {
    const note = this.#target === null ? null : this.#admission.noteOf(this.#target);
    return note === null ? [] : [note];
  }

  /** What keeps clients from being served. */
  faults(): readonly Fault[] {
    return this.health.faults();
  }

  /** Asks for the next connection while one is wanted; the answer may come from within. */
  #request(): void {
    if (this.#requesting) return;
    this.#requesting = true;
    while (!this.#requested && this.#wantsMore()) {
      const child = this.#beyond;
      this.#beyond = null;
      if (child !== null) this.#give(child);
      else {
        this.#requested = true;
        this.#listener.request();
      }
    }
    this.#requesting = false;
  }

  #hold(child: Socket): void {
    this.#beyond = child;
    child.owner = discardingOwner(() => this.#beyond = null);
  }

  #wantsMore(): boolean {
    if (this.#closed || this.#listener.node.held || this.#listener.sessions !== null) return false;
    if (this.#once !== null) return true;
    if (this.#target === null) return false;
    if (this.#drains.refusing) return true;
    return this.#target.overflow === "refuse" || !this.#isFull(this.#target);
  }

  /** True when all are there that may be. Sessions make room, the longest idle first, unless newcomers are refused. */
  #isFull(target: AcceptTarget): boolean {
    const { sessions } = this.#listener;
    if (sessions === null) return this.#hasAll(target.max);
    const max = target.max ?? DEFAULT_MAX_SESSIONS;
    while (target.overflow !== "refuse" && this.#hasAll(max) && sessions.evict());
    return this.#hasAll(max);
  }

  /** The same, and makes no room. */
  #isAtLimit({ max }: AcceptTarget): boolean {
    return this.#hasAll(max ?? (this.#listener.sessions === null ? undefined : DEFAULT_MAX_SESSIONS));
  }

  /** Sessions make room for newcomers unless those are refused: then all is as it should be. */
  #noteRoom(): void {
    const target = this.#target;
    const evicts = this.#listener.sessions !== null && target?.overflow !== "refuse";
    if (target === null || evicts || !this.#isAtLimit(target)) this.health.left(this.#clones.size);
    else this.health.full(target, this.#clones.size, false);
  }

  /** True when this thread's part of the connections is there. */
  #hasAll(max: number | undefined): boolean {
    if (max === undefined) return false;
    const { graph, node } = this.#listener;
    const share = graph.scope(node.origin.scope).shares.get(node) ?? WHOLE;
    return this.#clones.size >= partOfLimit(max, share);
  }

  #take(child: Socket, target: AcceptTarget): void {
    const refusal = this.#admission.refusalOf(child, {
      target,
      draining: this.#drains.refusing,
      clones: () => this.#clones.list(),
      isFull: () => this.#isFull(target),
    });
    if (refusal !== null) {
      const { reason, message } = refusal;
      const peer = peerOf(child);
      child.abort();
      if (reason === "denied") this.health.denied(peer, this.#admission.mayAdmit(target, this.#listener.local));
      if (reason === "limit" && this.#isAtLimit(target)) this.health.full(target, this.#clones.size, true);
      const error = new NetgraphError("EACCES", `Connection from ${sourceOf(peer)} is refused: ${message}`);
      this.#listener.node.counts.ended(reason);
      return this.#refuse(sockaddr.format(peer), reason, error);
    }
    const clone = this.#listener.clone(child);
    this.#clones.add(clone);
    this.#admission.entered(clone);
    this.health.admitted(this.#clones.size);
    clone.keeper = this;
    this.#joinOrRefuse(clone, target);
    this.#noteRoom();
  }

  #joinOrRefuse(clone: Clone, target: AcceptTarget): void {
    try {
      const joined = this.#joining.join(clone, target);
      if (!(joined instanceof Pending)) return this.#joined(clone);
      this.health.joining(clone);
      joined.whenSettled((outcome) => outcome.ok ? this.#joined(clone) : this.#notJoined(clone, outcome.error));
    } catch (error) {
      this.#notJoined(clone, error);
    }
  }

  #joined(clone: Clone): void {
    this.health.joined(clone);
    // It has ended meanwhile, and was counted.
    if (clone.keeper !== this || this.#ending.has(clone)) return;
    clone.joined = true;
    this.#listener.node.counts.ended("accepted");
    for (const copy of clone.node.owned) copy.counts.ended("accepted");
    clone.start();
  }

  #notJoined(clone: Clone, cause: unknown): void {
    const error = cause instanceof NetgraphError ? cause : thrownBy(this.#listener.node, cause);
    const explained = explainSetup(error);
    if (error.code === "ECANCELED" || clone.keeper !== this) this.health.gaveUp(clone);
    else this.health.notJoined(clone, explained);
    // It has ended meanwhile, and was counted.
    if (clone.keeper !== this || this.#ending.has(clone)) return;
    const { peer } = clone;
    clone.keeper = null;
    clone.refuse();
    this.#leave(clone);
    this.#endCopy(clone, reasonOf(error));
    const { counts } = this.#listener.node;
    // The client has left, and what was made for it has ended before it: nothing refused it.
    const left = error.code === "ECANCELED";
    counts.ended(left ? "aborted" : "upstream_failed");
    if (left) counts.closed("reset");
    else this.#refuse(sockaddr.format(peer ?? NOWHERE), reasonOf(error), explained);
    this.#request();
  }

  ended(clone: Clone, reason: CloseReason): void {
    const ending = this.#ending.get(clone);
    // Its node is shut down before everything was delivered.
    if (ending !== undefined) return this.#endAll(clone, ending);
    const { counts } = this.#listener.node;
    counts.closed(reason);
    if (!clone.joined) counts.ended("aborted");
    this.#tellClosed(clone, reason);
    this.#leave(clone);
    if (reason === "shutdown" || heldBy(clone) === 0) this.#endAll(clone, { wait: null, reason });
    else {
      clone.keeper = this;
      const wait = new Delivery(clone, this.#listener.graph.clock, () => {
        const ended = this.#ending.get(clone);
        if (ended !== undefined) this.#endAll(clone, ended);
      });
      this.#ending.set(clone, { wait, reason });
    }
    this.#request();
  }

  /** Reports a connection that was closed for what was sent: its client sees no more than a reset. */
  #tellClosed({ peer, endedFull }: Clone, reason: CloseReason): void {
    const why = reason === "queue_full" && endedFull ? SLOW_CLIENT : BROKEN.get(reason);
    if (why === undefined || peer === null) return;
    this.#tell(sockaddr.format(peer), reason, new NetgraphError("EPROTO", why));
  }

  /** The connection is over, and makes room for the next one. */
  #leave(clone: Clone): void {
    this.#clones.remove(clone);
    this.#admission.left(clone);
    this.#noteRoom();
  }

  #endAll(clone: Clone, { wait, reason }: Ending): void {
    wait?.stop();
    this.#ending.delete(clone);
    clone.keeper = null;
    this.#endCopy(clone, reason);
    this.#listener.graph.shutdown(clone.node);
  }

  #endCopy(clone: Clone, reason: CloseReason): void {
    // A plain end would look as if all had come: also where a node on the way, such as a hub, passes no reset.
    if (!CLEAN.has(reason)) {
      for (const node of clone.node.owned) node.attempt((behaviour) => behaviour.discard?.(reason));
    }
    this.#listener.graph.shutdownAll(clone.node.owned);
    this.#drains.ended(clone, reason);
  }

  #refuse(peer: string, reason: CloseReason, error: NetgraphError): void {
    this.#listener.node.counts.closed(reason);
    this.#tell(peer, reason, error);
  }

  /** Whoever sends datagrams that are not taken sends many: one a second is told, all are counted. */
  #mayTell(reason: CloseReason): boolean {
    const { graph, sessions } = this.#listener;
    if (sessions === null) return true;
    const now = graph.clock.now();
    if (now - (this.#toldAt.get(reason) ?? -Infinity) < TELL_EVERY_MS) return false;
    this.#toldAt.set(reason, now);
    return true;
  }

  #tell(peer: string, reason: CloseReason, error: NetgraphError): void {
    if (!this.#mayTell(reason)) return;
    const { graph, node } = this.#listener;
    const { scope } = node.origin;
    graph.emit({ kind: "connection-failed", scope, node: node.name ?? node.path, peer, reason, error: error.toData() });
  }
}

/** Why a connection is closed whose client has not read what was sent to it. */
const SLOW_CLIENT = "The client reads more slowly than data is sent to it, and its queue is full; " +
  "setpolicy of the node that sends to it has a larger queue, or drops data instead";

/** Why connections are closed for what their clients sent. */
const BROKEN: ReadonlyMap<CloseReason, string> = new Map([
  ["framing", "The client sent data that breaks the framing"],
  ["too_big", "The client sent an item that is larger than maxSize of the frame node"],
  [
    "queue_full",
    "The receiver of the data of this client takes it more slowly than the client sends, and a queue is full",
  ],
  ["loop", "The data of this client comes back to a node that it has passed: remove the loop from the links"],
]);
/** How a connection ends that has carried all it had to. */
const CLEAN: ReadonlySet<CloseReason> = new Set<CloseReason>(["eof", "drain"]);

/** A connection that is over, and why. */
interface Ending {
  /** Null where there is nothing to wait for. */
  readonly wait: Delivery | null;
  readonly reason: CloseReason;
}

/** How often a refused datagram is told. */
const TELL_EVERY_MS = 1_000;
