/**
 * The data path of a ksocket: between its hook and its socket, with the ends of both directions, until it is over.
 *
 * Nothing here is done a second time for an item: no promise, no copy, no look at a clock.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import { isWorldly, NetgraphError } from "../../../errors.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import type { Item } from "../../../graph/core/item.ts";
import { giveBack, sendSign, takeItem } from "../../../graph/core/item_pool.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { Timings, Way } from "../../../graph/data/timings.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { connects } from "../../../socket/kind.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import { type Activity, ActivityWatch } from "./activity.ts";
import { AddressTag, destinationOf } from "../../address_tag.ts";
import type { Awaited } from "./answers.ts";
import { reasonOf } from "../close_reason.ts";
import { EarlyItems } from "./early.ts";
import { sourcesWait } from "./sources_wait.ts";
import { ANSWERS_MS, DEFAULT_CONFIG, type KsocketConfig } from "../ksocket_config.ts";
import { GuardedOwner } from "./guarded_owner.ts";
import { type FlowHolder, FlowSocket } from "../flow/flow_socket.ts";

/** The largest datagram that UDP over IPv4 carries, in octets, and the largest one that is taken on a local socket. */
const MAX_DATAGRAM = 65_507;
const MAX_LOCAL_DATAGRAM = 256 * 1024;

/** An item counts for more than the bytes that move meanwhile, so that no sum stays the same by chance. */
const ITEM_WEIGHT = 1e6;
/**
 * How long a half-closed connection is left alone at least where the runtime cannot tell whether what was sent arrives
 * (Deno, Bun): the system's send buffer, 4 MiB, then empties at 35 kB/s.
 */
const BLIND_MS = 120_000;

/** What the socket is doing. `closed`: it has ended, or is gone. */
export type ConnectionPhase = "idle" | "listening" | "connecting" | "connected" | "closed";

/** What a connection needs to know of its ksocket, and tells it. */
export interface ConnectionHost {
  readonly node: Node;
  readonly clock: Clock;
  config(): KsocketConfig;
  /** What counts how long things took. */
  timings(): Timings;
  accepted(child: Socket): void;
  acceptFailed(error: NetgraphError): void;
  /** Changes while anything moves at this connection or at the sockets of its copy. */
  movedTogether(): number;
  /** True where one of these has sent what nobody can tell the arrival of. */
  sendBlindlyTogether(): boolean;
  /** The connection, or the listener, has ended by itself. Called once. */
  onClosed(reason: CloseReason, error: NetgraphError | null): void;
  /** The peer has ended its direction. Tells what is still to come from the other side. */
  peerEnded(): Awaited;
  /** What was sent to a peer that is not known to have read it. */
  unconfirmed(): Tally;
  /** The peer ends a young connection before the other side does, and without a byte. */
  endedUnheard(readsOn: () => boolean): void;
  /** True while it is not connected and its topology connects it: first, or once more where that has failed. */
  willConnect(): boolean;
  /** A datagram was sent to the peer, and {@linkcode Connection.noted} was false. */
  datagramSent(): void;
}

/** A hook and a socket. */
export class Connection implements SocketOwner, Activity, FlowHolder {
  readonly #host: ConnectionHost;
  readonly #watch = new ActivityWatch(this);
  phase: ConnectionPhase = "idle";
  /** True when the hook's other end is shared: this connection's end ends no other node. */
  joinsShared = false;
  /** What is still to come from the other side, once the peer has ended its direction. */
  #awaited: Awaited = "end";
  /** Who it was connected to, where it did not come to a clean end. */
  formerPeer: SocketAddress | null = null;
  /** True where its peer had not read what was sent when the connection was ended. */
  endedFull = false;
  /** True while somebody looks what becomes of its datagrams. */
  noted = false;
  #socket: Socket | null = null;
  /** The socket, where it is one source of datagrams: it ends as a connection does. */
  #session: FlowSocket | null = null;
  #hook: Hook | null = null;
  /** The hook whose counters tell what was carried, also when it is gone. */
  #counted: Hook | null = null;
  /** The lengths of what the node sent by itself before it had a hook. */
  #sentEarly: readonly number[] = NO_BYTES;
  /** How many datagrams that the system refused are counted already, by errno. */
  #sendErrors: Map<string, number> | null = null;
  /** How many datagrams that the system had no room for are counted already. */
  #lost = 0;
  /** What came before it was connected; made when something does. */
  #early: EarlyItems | null = null;
  /** True while it waits for somebody to take a hook to it. */
  #embryo = false;
  /** True once it may read: who was pushed back is let go on then, and not before. */
  #started = false;
  /** True while the socket takes nothing more: more may wait behind the hook. */
  #full = false;
  /** True while nobody takes what it reads. */
  #held = false;
  /** Since when. */
  #heldAt = 0;
  /** When the connection began; -1 while there is none. */
  #since = -1;
  /** Asked for once: the node may have another name, or none, when the connection ends. */
  #timings: Timings | null = null;
  #readEnded = false;
  #writeEnded = false;
  /** True once the connection has failed. */
  #wasReset = false;
  /** A half-closed connection was given time once, as nobody sees what its system still sends. */
  #graceGiven = false;

  constructor(host: ConnectionHost) {
    this.#host = host;
  }

  get socket(): Socket | null {
    return this.#socket;
  }

  get hook(): Hook | null {
    return this.#hook;
  }

  /** Takes a socket over; one that was accepted is connected already. */
  takeSocket(socket: Socket, options: { connected: boolean }): void {
    socket.owner = new GuardedOwner(this, this.#host.node);
    this.#socket = socket;
    if (!options.connected) return;
    if (socket instanceof FlowSocket) this.#takeSession(socket);
    this.phase = "connected";
    this.#begin(this.#host.node.origin.bornAt);
  }

  #takeSession(session: FlowSocket): void {
    this.#session = session;
    session.holder = this;
  }

  /** The hook that it was opened for is not to be. */
  takeBackSocket(): void {
    this.#socket?.abort();
    this.#socket = null;
  }

  /** Takes the socket that has connected, in place of the one that was opened first. */
  exchangeSocket(socket: Socket): void {
    const former = this.#socket;
    if (former === socket) return;
    socket.owner = new GuardedOwner(this, this.#host.node);
    this.#socket = socket;
    former?.abort();
  }

  /** Ends an accepted connection that nobody takes a hook to in time. */
  waitForHook(): void {
    this.#embryo = true;
    this.#watchAnew();
  }

  takeHook(hook: Hook): void {
    this.#hook = hook;
    this.#counted = hook;
    this.#embryo = false;
    this.#watchAnew();
  }

  dropHook(): void {
    this.#hook = null;
  }

  /** The hook leads somewhere, so that it is known where it counts. */
  hookConnected(): void {
    for (const bytes of this.#sentEarly) this.#hook?.sentOutside(bytes);
    this.#sentEarly = NO_BYTES;
  }

  /** Counts what the node sends by itself; a connection that was just accepted has no hook yet. */
  countSent(bytes: number): void {
    if (this.#counted === null) this.#sentEarly = [...this.#sentEarly, bytes];
    else this.#counted.sentOutside(bytes);
  }

  /** The socket is connected now: what it reads goes to the hook. Datagrams wait for `startDatagrams`. */
  connected(): void {
    this.phase = "connected";
    const socket = this.#socket;
    if (socket === null || !connects(socket.endpoint)) return;
    this.#begin(this.#host.clock.now());
    this.#watchAnew();
    let full = false;
    const waited = this.#early?.empty((item) => {
      this.#hook?.release(item);
      full = socket.send(item, null) === false;
    }) ?? 0;
    if (this.#writeEnded) socket.shutdown();
    this.startStream();
    // Where the socket is full it says itself when it has room.
    if (waited > 0 && !full) this.#hook?.resume();
  }

  /** A connect has failed: it is what it was before. What waited goes on to wait where it is tried again. */
  notConnected(former: ConnectionPhase, error: NetgraphError): void {
    if (this.phase === "connecting") this.phase = former;
    if (!isWorldly(error.code) || !this.#awaitsConnect()) this.#dropEarly();
  }

  /** All that was to come before it reads has come: what waited goes nowhere unless it is connected. */
  settle(): void {
    if (this.phase === "idle" || this.phase === "listening") { if (!this.#awaitsConnect()) this.#dropEarly(); }
  }

  /** True for a stream whose topology connects it, and whose sources can wait until then. */
  #awaitsConnect(): boolean {
    return this.phase === "idle" && this.#hook !== null && this.#host.willConnect() && sourcesWait(this.#hook);
  }

  /** Whoever was pushed back finds out by sending. */
  #dropEarly(): void {
    const waited = this.#early?.empty((item) => this.#hook?.dropKept("no_destination", item.length)) ?? 0;
    if (waited > 0) this.#hook?.resume();
  }

  /** The configuration has changed: what runs out of time does so by the new one. */
  configured(): void {
    this.#watchAnew();
  }

  /** Begins to read an accepted connection. */
  startStream(): void {
    if (this.phase !== "connected") return;
    this.#started = true;
    this.#socket?.resume();
  }

  /** Begins to read datagrams, where there are some to be read. */
  startDatagrams(): void {
    if (this.#socket === null || connects(this.#socket.endpoint)) return;
    this.#started = true;
    this.#socket.resume();
  }

  /** How many items have come from the hook. */
  get sent(): number {
    return this.#counted?.inItems ?? 0;
  }

  /** Bytes that have come from the hook so far. */
  get sentBytes(): number {
    return this.#counted?.inBytes ?? 0;
  }

  /** When the connection began, on the clock. */
  get since(): number {
    return this.#since;
  }

  /** Adds what the system refused of datagrams, or had no room for, to the node's counts. */
  countSendErrors(): void {
    for (const [code, count] of this.#socket?.sendErrors ?? NO_ERRORS) {
      this.#sendErrors ??= new Map();
      const more = count - (this.#sendErrors.get(code) ?? 0);
      if (more > 0) this.#host.node.counts.closed(reasonOf({ code }), more);
      this.#sendErrors.set(code, count);
    }
    const lost = this.#socket?.lostDatagrams ?? 0;
    if (lost > this.#lost) this.#counted?.dropUnseen("receive_buffer", lost - this.#lost);
    this.#lost = Math.max(lost, this.#lost);
  }

  /** Bytes that the system has not taken yet, or that wait for the connection. */
  held(): number {
    const early = this.#early?.bytes ?? 0;
    const socket = this.#socket;
    if (socket === null || this.#session !== null || !connects(socket.endpoint)) return early;
    return early + socket.queuedBytes;
  }

  /** Gives up what is still to be sent, counted. A peer that would miss something, the end at least, sees a reset. */
  discard(reason: CloseReason): void {
    const socket = this.#socket;
    const bytes = this.held();
    const isWhole = socket === null || !connects(socket.endpoint) || this.#session !== null || this.#writeEnded;
    if (bytes === 0 && isWhole) return;
    if (bytes > 0) this.#counted?.dropKept(reason, bytes);
    this.#early?.empty(() => {});
    this.release()?.abort();
  }

  /** Gives the socket up: it is the caller's to close. */
  release(): Socket | null {
    this.countSendErrors();
    const socket = this.#socket;
    this.#socket = null;
    this.phase = "closed";
    this.#watch.stop();
    this.#early?.empty((item) => this.#counted?.dropKept("no_destination", item.length));
    this.#stopTimes();
    return socket;
  }

  // From the graph to the socket

  receive(hook: Hook, item: Item): void | false {
    const socket = this.#socket;
    if (item.kind !== "data") return this.#receiveSign(socket, item);
    if (socket === null) return refuse(hook, item, "ENOTCONN");
    if (!connects(socket.endpoint)) return this.#receiveDatagram(hook, socket, item);
    if (this.phase !== "connected" && this.phase !== "connecting" && !this.#awaitsConnect()) {
      return refuse(hook, item, "ENOTCONN");
    }
    if (this.#writeEnded) return refuse(hook, item, "EPIPE");
    if (this.phase !== "connected") return this.#wait(hook, item);
    if (socket.send(item, null) !== false) return;
    if (!this.#full) this.#block("out");
    this.#full = true;
    return false;
  }

  #receiveSign(socket: Socket | null, item: Item): void {
    if (socket === null) return;
    if (this.#session !== null) return this.#end(item.kind === "eof" ? "eof" : item.reason, null);
    // A datagram socket has no directions to end.
    if (!connects(socket.endpoint)) return;
    if (item.kind === "abort") return this.#end(item.reason, null);
    if (this.phase === "connected" || this.phase === "connecting" || this.#awaitsConnect()) this.#endWrite(socket);
  }

  /** What comes for a stream that connects waits. Who goes on though it was pushed back ends it: it would have a hole. */
  #wait(hook: Hook, item: Item): void | false {
    this.#early ??= new EarlyItems();
    if (this.#early.bytes + item.length <= this.#host.config().maxQueueBytes) {
      this.#early.push(item);
      hook.hold(item);
      return false;
    }
    hook.drop("queue_full", item.length);
    const message = `Cannot keep more for "${this.#host.node.path}" while it connects: maxQueueBytes is reached; ` +
      "a larger maxQueueBytes in setconfig keeps more";
    this.#end("queue_full", new NetgraphError("ENOBUFS", message));
  }

  #receiveDatagram(hook: Hook, socket: Socket, item: Item): void {
    const tagged = destinationOf(item.tag, this.#host.node.id);
    const connected = this.phase === "connected";
    if (connected === (tagged !== null)) return refuse(hook, item, connected ? "EISCONN" : "ENOTCONN");
    if (this.#session?.nameless === true) return refuse(hook, item, "EDESTADDRREQ");
    const most = socket.endpoint.family === "local" ? MAX_LOCAL_DATAGRAM : MAX_DATAGRAM;
    if (item.length > most) return refuse(hook, item, "EMSGSIZE");
    if (socket.queuedBytes + item.length > this.#host.config().maxQueueBytes) return refuse(hook, item, "ENOBUFS");
    socket.send(item, tagged);
    if (connected && !this.noted && this.#session === null) {
      this.noted = true;
      this.#host.datagramSent();
    }
    if (this.#session?.answered === true) this.#end("eof", null);
  }

  resumed(): void {
    if (this.#held) this.#unblock("in");
    this.#held = false;
    if (this.#started) this.#socket?.resume();
  }

  // From the socket to the graph

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const hook = this.#hook;
    if (hook === null) return;
    const item = takeItem().carry(octets.buffer, octets.offset, octets.length);
    item.whole = this.#socket?.endpoint.type !== "stream";
    if (from !== null) item.tag = new AddressTag(this.#host.node.id, from);
    const taken = hook.send(item);
    giveBack(item);
    // The socket may be gone by now.
    if (taken === false && !this.#held && this.#socket !== null) {
      this.#block("in");
      this.#held = true;
    }
    return taken;
  }

  ended(): void {
    this.#noteUnheard();
    this.#readEnded = true;
    sendSign(this.#hook, "eof");
    const socket = this.#socket;
    if (socket === null) return;
    // Others go on with the shared node: what they say from now on is not for this connection.
    if (this.joinsShared && !this.#full) this.#endWrite(socket);
    else if (this.#writeEnded) this.#end("eof", null);
    else this.#awaitOtherSide(socket);
  }

  #awaitOtherSide(socket: Socket): void {
    this.#awaited = this.#host.peerEnded();
    if (this.#socket === null) return;
    if (this.#awaited === "nothing" && !this.#full) this.#endWrite(socket);
    else this.#watchAnew();
  }

  /** The code of the node has thrown. */
  crash(error: NetgraphError): void {
    if (this.phase === "closed") return;
    const socket = this.release();
    sendSign(this.#hook, "abort", "error");
    socket?.abort();
    if (this.#host.node.alive) this.#host.onClosed("error", error);
  }

  /** Ends the connection, of which the peer has ended its direction. */
  finish(): void {
    this.#end("eof", null);
  }

  /** A datagram that had come was dropped before anybody had it. */
  dropped(reason: CloseReason, bytes: number): void {
    this.#counted?.dropKept(reason, bytes);
  }

  drained(): void {
    if (this.#full) this.#unblock("out");
    this.#full = false;
    this.#hook?.resume();
    // What had waited for it behind the hook is out.
    const endsAlone = this.joinsShared || this.#awaited === "nothing";
    if (endsAlone && this.#readEnded && !this.#full && this.#socket !== null) this.#endWrite(this.#socket);
  }

  accepted(child: Socket): void {
    this.#host.accepted(child);
  }

  acceptFailed(error: NetgraphError): void {
    this.#host.acceptFailed(error);
  }

  failed(error: NetgraphError): void {
    const { items, bytes } = this.#readEnded ? this.#host.unconfirmed() : NOTHING;
    if (items > 0) this.#counted?.dropKept(reasonOf(error), bytes, items);
    this.#noteUnheard();
    this.#wasReset = true;
    this.#socket = null;
    sendSign(this.#hook, "abort", reasonOf(error));
    this.#end(reasonOf(error), error);
  }

  #noteUnheard(): void {
    const counted = this.#counted;
    if (this.#readEnded || this.#writeEnded || this.#since < 0 || counted === null || counted.outItems > 0) return;
    if (this.#host.clock.now() - this.#since >= YOUNG_MS) return;
    const sent = counted.inItems;
    this.#host.endedUnheard(() => !this.#wasReset && counted.inItems > sent);
  }

  #endWrite(socket: Socket): void {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    // While it connects the end waits behind the data.
    if (this.phase !== "connected") return;
    // Closing sends what is queued and the end: a shutdown before it would be one call more.
    if (this.#readEnded) return this.#end("eof", null);
    socket.shutdown();
    this.#watchAnew();
  }

  /** Watches from now on, for what a connection in this state is given. */
  #watchAnew(): void {
    if (this.phase !== "connected" || this.#socket === null) return;
    if (this.#session === null && !connects(this.#socket.endpoint)) return;
    const { clock } = this.#host;
    const { embryoTimeout, idleTimeout, halfCloseTimeout } = this.#host.config();
    if (this.#embryo) return this.#watch.start(clock, embryoTimeout);
    // Its listener is about to join it.
    if (this.#hook === null) return;
    const halfClosed = this.#readEnded || this.#writeEnded;
    // Most connections are over soon after one direction has ended: the system is asked only of those that stay.
    const span = !halfClosed ? idleTimeout : this.#awaitsAnswers ? ANSWERS_MS : halfCloseTimeout;
    this.#watch.start(clock, span, { deferred: halfClosed });
  }

  /** Only datagrams may still come, for which nobody said how long to wait. */
  get #awaitsAnswers(): boolean {
    const { halfCloseTimeout } = this.#host.config();
    return this.#awaited === "datagrams" && halfCloseTimeout === DEFAULT_CONFIG.halfCloseTimeout;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#timings ??= this.#host.timings();
    this.#timings.began();
  }

  /** For how long nobody has taken what it reads; 0 where somebody does. */
  get heldMs(): number {
    return this.#held ? this.#host.clock.now() - this.#heldAt : 0;
  }

  #block(way: Way): void {
    this.#timings ??= this.#host.timings();
    const now = this.#host.clock.now();
    if (way === "in") this.#heldAt = now;
    this.#timings.block(way, now);
  }

  #unblock(way: Way): void {
    this.#timings?.unblock(way, this.#host.clock.now());
  }

  /** It is over: whatever was measured ends here. */
  #stopTimes(): void {
    if (this.#full) this.#unblock("out");
    if (this.#held) this.#unblock("in");
    this.#full = this.#held = false;
    if (this.#since >= 0) this.#timings?.ended(this.#host.clock.now() - this.#since);
    this.#since = -1;
  }

  activity(): number {
    return this.#readEnded || this.#writeEnded ? this.#host.movedTogether() : this.#items;
  }

  get #items(): number {
    return this.#counted === null ? 0 : this.#counted.inItems + this.#counted.outItems;
  }

  /** Changes while anything moves here: items, what waits for the system, and what the peer acknowledges. */
  moved(): number {
    const socket = this.#socket;
    if (socket === null) return this.#items * ITEM_WEIGHT;
    return this.#items * ITEM_WEIGHT - socket.queuedBytes + (socket.ackedBytes ?? 0);
  }

  /** True where it has sent something of which nobody can tell whether it has arrived. */
  get sendsBlindly(): boolean {
    const socket = this.#socket;
    if (socket === null || !connects(socket.endpoint) || (socket.ackedBytes ?? null) !== null) return false;
    return (this.#counted?.inBytes ?? 0) > 0;
  }

  /** Waits on where a standstill may be none: what the system still sends is not seen. */
  #waitsBlindly(): boolean {
    if (this.#graceGiven || this.#session !== null || !this.#host.sendBlindlyTogether()) return false;
    this.#graceGiven = true;
    const graceMs = BLIND_MS - this.#host.config().halfCloseTimeout;
    if (graceMs > 0) this.#watch.start(this.#host.clock, graceMs);
    return graceMs > 0;
  }

  expired(): void {
    try {
      this.#expired();
    } catch (error) {
      this.#host.node.crash(error);
    }
  }

  #expired(): void {
    if (this.#awaitsAnswers) return this.#end("eof", null);
    if ((this.#readEnded || this.#writeEnded) && this.#waitsBlindly()) return;
    const reason = this.#readEnded || this.#writeEnded ? "half_close_timeout" : "idle_timeout";
    // No session says that it is done: this is how they end.
    if (this.#session !== null) return this.retire(reason);
    const { node } = this.#host;
    // Before the other side hears of it: that may end this node, and would close what must be seen as cut off.
    this.release()?.abort();
    sendSign(this.#hook, "abort", reason);
    if (!node.alive) return;
    this.#host.onClosed(reason, new NetgraphError("ETIMEDOUT", `Connection of "${node.path}" was idle for too long`));
  }

  /** Ends it before its time. */
  retire(reason: CloseReason): void {
    if (this.#session === null) {
      sendSign(this.#hook, "eof");
      return this.#end(reason, null);
    }
    // First, as above: a session ends by any sign that comes back.
    this.release()?.close();
    sendSign(this.#hook, "eof");
    if (this.#host.node.alive) this.#host.onClosed(reason, null);
  }

  /** It is over. After a clean end what is queued still goes out. */
  #end(reason: CloseReason, error: NetgraphError | null): void {
    if (this.phase === "closed") return;
    if (reason === "eof" && this.held() > 0) return this.#endBehindQueue();
    if (reason !== "eof") this.formerPeer = this.#socket?.peer ?? null;
    this.endedFull = this.#full;
    const isClean = reason === "eof" || reason === "drain";
    if (!isClean) this.#countQueued(reason);
    const socket = this.release();
    if (isClean) socket?.close();
    else socket?.abort();
    this.#host.onClosed(reason, error);
  }

  /** What a reset drops of what the system has not taken. A session has no queue of its own. */
  #countQueued(reason: CloseReason): void {
    const bytes = this.#session === null ? this.#socket?.queuedBytes ?? 0 : 0;
    if (bytes > 0) this.#counted?.dropKept(reason, bytes);
  }

  /** Both directions have ended: what is queued is sent first, as long as some of it goes out, and then the end. */
  #endBehindQueue(): void {
    this.phase = "closed";
    this.#watch.stop();
    this.#stopTimes();
    this.#writeEnded = true;
    this.#socket?.shutdown();
    this.#host.onClosed("eof", null);
  }
}

const NOTHING: Tally = { items: 0, bytes: 0 };
/** A peer that ends a connection sooner than this, and has said nothing, may do so with all. */
const YOUNG_MS = 1_000;
const NO_ERRORS: ReadonlyMap<string, number> = new Map();
const NO_BYTES: readonly number[] = [];

type Refusal = "ENOTCONN" | "EISCONN" | "EDESTADDRREQ" | "EPIPE" | "EMSGSIZE" | "ENOBUFS";

/** Drops an item, counted, and says why to a sender who asks. */
function refuse(hook: Hook, item: Item, code: Refusal): void {
  item.refusal = code;
  hook.drop(code === "EMSGSIZE" ? "too_big" : code === "ENOBUFS" ? "queue_full" : "no_destination", item.length);
}
