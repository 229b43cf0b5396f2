/**
 * What becomes of the connections that a listening ksocket takes: one at a time for whoever asked, or each into its
 * target, within limits, counted.
 *
 * @module
 */

import { Chain } from "../chain.ts";
import { NetgraphError } from "../errors.ts";
import { type Blueprint, copyTemplate, makeBlueprint } from "../graph/bring_up.ts";
import type { CloseReason } from "../graph/close_reason.ts";
import { dispatch } from "../graph/dispatch.ts";
import type { DrainOrder, DrainResult } from "../graph/drain.ts";
import type { Graph } from "../graph/graph.ts";
import type { Answer } from "../graph/message.ts";
import type { Node } from "../graph/node.ts";
import { inTurn, Pending } from "../graph/pending.ts";
import type { ConnectionCounts, NodeReport } from "../graph/report.ts";
import { addTraffic, type TrafficSum } from "../graph/sum.ts";
import { partOfLimit, WHOLE } from "../graph/share.ts";
import type { MessageState } from "../graph/state.ts";
import { type AcceptReply, sockaddr, type SocketAddress } from "../socket/address.ts";
import { cidrContains } from "../socket/cidr.ts";
import type { Socket } from "../socket/socket.ts";
import { type AcceptTarget, parsePeer } from "./accept_target.ts";
import { reasonOf } from "./close_reason.ts";
import type { Clone, CloneKeeper } from "./clone.ts";
import { connectTemplate } from "./connect_template.ts";
import { Drains } from "./drains.ts";
import type { KsocketConfig } from "./ksocket_config.ts";
import { nobody } from "./nobody.ts";
import { NOWHERE, SourceCounts, sourceOf } from "./source_counts.ts";

/** The listening ksocket, as its acceptor sees it. */
export interface Listener {
  readonly graph: Graph;
  readonly node: Node;
  config(): KsocketConfig;
  /** Asks the socket for one connection. */
  request(): void;
  /** Makes the node of an accepted connection. */
  clone(child: Socket): Clone;
}

/** Accepts for one listener. */
export class Acceptor implements CloneKeeper {
  readonly #listener: Listener;
  readonly #clones = new Chain<Clone>();
  /** Made when a limit asks where connections come from. */
  #sources: SourceCounts | null = null;
  readonly #reasons = new Map<string, number>();
  readonly #ended = { in: { bytes: 0, items: 0 }, out: { bytes: 0, items: 0 } };
  readonly #drains: Drains;
  #target: AcceptTarget | null = null;
  #blueprint: Blueprint | null = null;
  /** The listener's configuration that the blueprint was made with. */
  #handedDown: KsocketConfig | null = null;
  #once: Pending<AcceptReply | null> | null = null;
  #requested = false;
  #requesting = false;
  /**
   * What was asked for and came when nobody wanted it any more (`max` was lowered, the target taken away): it waits, as
   * those in the system's queue do.
   */
  #beyond: Socket | null = null;
  #closed = false;
  #total = 0;
  #refused = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#drains = new Drains(listener.graph.clock);
  }

  /** True while it drains, and so takes nobody. */
  get draining(): boolean {
    return this.#drains.refusing;
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
    const blueprint = this.#makeBlueprint(target);
    this.#target = target;
    this.#blueprint = blueprint;
    this.#request();
  }

  /** Takes no more connections into the target. Those that are there go on; what comes waits until somebody asks. */
  disarm(): void {
    this.#target = null;
    this.#blueprint = null;
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
      clone.waitForHook();
      once.resolve({ nodeid: clone.node.id, addr: peerOf(child) });
    } else if (this.#target !== null) this.#take(child, this.#target);
  }

  /** Taking failed for want of something; the socket goes on by itself. */
  failed(error: NetgraphError): void {
    const reason = reasonOf(error);
    this.#count(reason);
    this.#tell("", reason, error);
  }

  /** The listener is gone. Its connections live on. */
  close(): void {
    this.#closed = true;
    this.#beyond?.abort();
    this.#beyond = null;
    const { node, graph } = this.#listener;
    this.#once?.reject(new NetgraphError("ECANCELED", `Cannot accept on "${node.path}": it is shut down`));
    for (const owned of node.owned) if (owned.hooks.size === 0) graph.shutdown(owned);
  }

  counts(): ConnectionCounts {
    const byGeneration: Record<string, number> = {};
    for (const { node } of this.#clones.list()) {
      const generation = String(node.origin.generation);
      byGeneration[generation] = (byGeneration[generation] ?? 0) + 1;
    }
    return { active: this.#clones.size, total: this.#total, refused: this.#refused, byGeneration };
  }

  /** What all connections that were taken here have carried. */
  traffic(): NonNullable<NodeReport["traffic"]> {
    const sum: TrafficSum = { in: { ...this.#ended.in }, out: { ...this.#ended.out } };
    for (const clone of this.#clones.list()) addTraffic(sum, clone.traffic());
    return sum;
  }

  /** Why connections were closed or refused, counted. */
  reasons(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#reasons);
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
    child.owner = nobody(() => this.#beyond = null);
  }

  #wantsMore(): boolean {
    if (this.#closed || this.#listener.node.held) return false;
    if (this.#once !== null) return true;
    if (this.#target === null) return false;
    if (this.#drains.refusing) return true;
    return this.#target.overflow === "refuse" || !this.#isFull(this.#target);
  }

  /** True when this thread's part of the connections is there. */
  #isFull({ max }: AcceptTarget): boolean {
    if (max === undefined) return false;
    const { graph, node } = this.#listener;
    const share = graph.scope(node.origin.scope).shares.get(node) ?? WHOLE;
    return this.#clones.size >= partOfLimit(max, share);
  }

  #take(child: Socket, target: AcceptTarget): void {
    const barred = this.#bar(child, target);
    if (barred !== null) {
      const peer = peerOf(child);
      child.abort();
      const error = new NetgraphError("EACCES", `Connection from ${sourceOf(peer)} is not taken`);
      return this.#refuse(sockaddr.format(peer), barred, error);
    }
    const clone = this.#listener.clone(child);
    this.#total++;
    this.#clones.add(clone);
    this.#sources?.add(clone);
    clone.keeper = this;
    this.#joinOrRefuse(clone, target);
  }

  #joinOrRefuse(clone: Clone, target: AcceptTarget): void {
    try {
      const joined = this.#join(clone, target);
      if (!(joined instanceof Pending)) return clone.start();
      joined.whenSettled((outcome) => outcome.ok ? clone.start() : this.#notJoined(clone, outcome.error));
    } catch (error) {
      this.#notJoined(clone, error);
    }
  }

  #notJoined(clone: Clone, error: unknown): void {
    if (!(error instanceof NetgraphError)) throw error;
    // It has ended meanwhile, and was counted.
    if (clone.keeper !== this) return;
    const { peer } = clone;
    clone.keeper = null;
    clone.refuse();
    this.#forget(clone, reasonOf(error));
    // The client has left, and what was made for it has ended before it: nothing refused it.
    if (error.code === "ECANCELED") this.#count("reset");
    else this.#refuse(sockaddr.format(peer ?? NOWHERE), reasonOf(error), error);
    this.#request();
  }

  /** Why a connection may not be taken, or null. */
  #bar(child: Socket, target: AcceptTarget): CloseReason | null {
    const { allow, deny, maxPerSource } = target;
    if (this.#drains.refusing) return "drain";
    if (deny?.some((one) => cidrContains(one, peerOf(child)))) return "denied";
    if (allow !== undefined && !allow.some((one) => cidrContains(one, peerOf(child)))) return "denied";
    if (this.#isFull(target)) return "limit";
    if (maxPerSource === undefined) return null;
    this.#sources ??= new SourceCounts(this.#clones.list());
    return this.#sources.of(peerOf(child)) >= maxPerSource ? "limit" : null;
  }

  /** Joins a clone to what the target says: now, or once its answer comes. */
  #join(clone: Clone, target: AcceptTarget): Answer<unknown> {
    const { messages = [] } = target;
    if (messages.length === 0) return this.#joinTarget(clone, target);
    const { graph } = this.#listener;
    const steps = [...messages.map(messageOf), null];
    return inTurn(steps, (message) => {
      if (message === null) return this.#joinTarget(clone, target);
      return dispatch(graph, clone.node, message, { from: null, declared: true });
    });
  }

  #joinTarget(clone: Clone, target: AcceptTarget): Answer<unknown> {
    // Whoever has left while its messages were answered is joined to nothing.
    if (!clone.node.alive) return null;
    if (target.peer !== undefined) {
      this.#joinShared(clone, target.peer);
      return null;
    }
    const blueprint = this.#freshBlueprint(target);
    if (blueprint === null) throw new RangeError("Cannot happen: accept has no target");
    return copyTemplate(this.#listener.graph, blueprint, { node: clone.node, hook: CLONE_HOOK });
  }

  #joinShared(clone: Clone, peer: string): void {
    const { graph, node } = this.#listener;
    const end = parsePeer(peer);
    clone.joinShared();
    const shared = graph.scope(node.origin.scope).node(end.node);
    graph.connect({ node: clone.node, hook: CLONE_HOOK }, { node: shared, hook: end.hook });
  }

  ended(clone: Clone, reason: CloseReason): void {
    const { graph } = this.#listener;
    this.#count(reason);
    this.#forget(clone, reason);
    graph.shutdown(clone.node);
    this.#request();
  }

  #forget(clone: Clone, reason: CloseReason): void {
    this.#clones.remove(clone);
    this.#sources?.remove(clone);
    addTraffic(this.#ended, clone.traffic());
    for (const node of clone.node.owned) this.#listener.graph.shutdown(node);
    this.#drains.ended(clone, reason);
  }

  #refuse(peer: string, reason: CloseReason, error: NetgraphError): void {
    this.#refused++;
    this.#count(reason);
    this.#tell(peer, reason, error);
  }

  #count(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  #tell(peer: string, reason: CloseReason, error: NetgraphError): void {
    const { graph, node } = this.#listener;
    const { scope } = node.origin;
    graph.emit({ kind: "connection-failed", scope, node: node.name ?? node.path, peer, reason, error: error.toData() });
  }

  /** What copies are made of: as it was made, unless the template, or what the listener hands down, has changed. */
  #freshBlueprint(target: AcceptTarget): Blueprint | null {
    const { graph, node } = this.#listener;
    const template = target.template === undefined
      ? this.#blueprint?.template
      : graph.scope(node.origin.scope).templates.get(target.template);
    const fresh = this.#blueprint?.template === template && this.#handedDown === this.#listener.config();
    if (!fresh) this.#blueprint = this.#makeBlueprint(target);
    return this.#blueprint;
  }

  #makeBlueprint(target: AcceptTarget): Blueprint | null {
    const { graph, node } = this.#listener;
    this.#handedDown = this.#listener.config();
    if (target.connect !== undefined) return makeBlueprint(connectTemplate(target.connect, this.#handedDown), {});
    if (target.template === undefined) return null;
    const template = graph.scope(node.origin.scope).templates.get(target.template);
    if (template === undefined) {
      const message = `Cannot accept on "${node.path}": there is no template "${target.template}"`;
      throw new NetgraphError("ENOENT", message);
    }
    return makeBlueprint(template, target.with ?? {});
  }
}

/** The name of a clone's one hook. */
const CLONE_HOOK = "data";

function peerOf({ peer }: Socket): SocketAddress {
  return peer ?? NOWHERE;
}

function messageOf(text: string): MessageState {
  const blank = text.search(/\s/);
  if (blank < 0) return { command: text, argument: null };
  return { command: text.slice(0, blank), argument: text.slice(blank).trim() };
}
