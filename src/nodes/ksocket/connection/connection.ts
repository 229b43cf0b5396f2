/**
 * The connection of a ksocket: the data path between its hook and its socket, with the ends of both directions, until it
 * is closed. What depends on how it began is its ksocket's life (`life.ts`).
 *
 * Nothing here is done a second time for an item: no promise, no copy, no look at a clock.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import type { Item } from "../../../graph/core/item.ts";
import { giveBack, sendSign, takeItem } from "../../../graph/core/item_pool.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { connects } from "../../../socket/kind.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import { AddressTag, destinationOf } from "../../address_tag.ts";
import { reasonOf } from "../close_reason.ts";
import { type FlowHolder, FlowSocket } from "../flow/flow_socket.ts";
import type { Awaited } from "./answers.ts";
import type { ConnectionHost, ConnectionPhase, UncleanEnd } from "./connection_host.ts";
import { ConnectionTimeouts, type Ended, type Reading, type TimedConnection } from "./connection_timeouts.ts";
import { Carried, refuse } from "./carried.ts";
import { ConnectionTimes } from "./connection_times.ts";
import { EarlyItems } from "./early_items.ts";
import { GuardedOwner } from "../socket_owners.ts";

/** The largest datagram that UDP over IPv4 carries, in bytes, and the largest one that is taken on a local socket. */
const MAX_DATAGRAM = 65_507;
const MAX_LOCAL_DATAGRAM = 256 * 1024;
/** A peer that ends a connection sooner than this, and has said nothing, may do so with all. */
const YOUNG_MS = 1_000;

/** A hook and a socket. */
export class Connection implements SocketOwner, TimedConnection, FlowHolder {
  readonly #host: ConnectionHost;
  readonly carried = new Carried();
  readonly times: ConnectionTimes;
  readonly #timeouts: ConnectionTimeouts;
  phase: ConnectionPhase = "idle";
  /** True when the hook's other end is shared: this connection's end ends no other node. */
  joinsShared = false;
  /** How it ended; null before, and after a clean end. */
  uncleanEnd: UncleanEnd | null = null;
  /** True while it is observed what becomes of its datagrams. */
  noted = false;
  #reading: Reading = "held";
  endedWays: Ended = "none";
  /** What is still to come from the other side, once the peer has ended its direction. */
  awaited: Awaited = "end";
  #socket: Socket | null = null;
  /** The socket, where it is one source of datagrams: it ends as a connection does. */
  flow: FlowSocket | null = null;
  #hook: Hook | null = null;
  /** What came before it was connected; created when something does. */
  #early: EarlyItems | null = null;

  constructor(host: ConnectionHost) {
    this.#host = host;
    this.times = new ConnectionTimes(host.node, host.clock);
    this.#timeouts = new ConnectionTimeouts(this, host);
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
    if (socket instanceof FlowSocket) {
      this.flow = socket;
      socket.holder = this;
    }
    this.phase = "connected";
    this.times.begin(this.#host.node.origin.bornAt);
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
    this.takeSocket(socket, { connected: false });
    former?.abort();
  }

  /** Ends an accepted connection that nobody takes a hook to in time. */
  waitForHook(): void {
    this.#reading = "embryo";
    this.watch();
  }

  takeHook(hook: Hook): void {
    this.#hook = hook;
    this.carried.takeHook(hook);
    if (this.#reading === "embryo") this.#reading = "held";
    this.watch();
  }

  dropHook(): void {
    this.#hook = null;
  }

  /** The socket is connected now: what it reads goes to the hook. Datagrams wait for `startDatagrams`. */
  connected(): void {
    this.phase = "connected";
    const socket = this.#socket;
    if (socket === null || !connects(socket.endpoint)) return;
    this.times.begin(this.#host.clock.now());
    this.watch();
    const full = this.#early?.sendTo(socket, this.#hook) ?? null;
    if (this.#writeEnded) socket.shutdown();
    this.startStream();
    // Where the socket is full it says itself when it has room.
    if (full === false) this.#hook?.resume();
  }

  /** Drops what waits for it, as it will not be connected. Whoever was pushed back finds out by sending. */
  dropEarly(): void {
    if (this.#early?.drop("no_destination", this.carried) === true) this.#hook?.resume();
  }

  /** Begins to read an accepted connection. */
  startStream(): void {
    if (this.phase !== "connected") return;
    this.#reading = "started";
    this.#socket?.resume();
  }

  /** Begins to read datagrams, where there are some to be read. */
  startDatagrams(): void {
    if (this.#socket === null || connects(this.#socket.endpoint)) return;
    this.#reading = "started";
    this.#socket.resume();
  }

  /** Bytes that the system has not taken yet, or that wait for the connection. */
  held(): number {
    const early = this.#early?.bytes ?? 0;
    const socket = this.#socket;
    if (socket === null || this.flow !== null || !connects(socket.endpoint)) return early;
    return early + socket.queuedBytes;
  }

  /** Gives up what is still to be sent, counted. A peer that would miss something, the end at least, sees a reset. */
  discard(reason: CloseReason): void {
    const socket = this.#socket;
    const bytes = this.held();
    const isWhole = socket === null || !connects(socket.endpoint) || this.flow !== null || this.#writeEnded;
    if (bytes === 0 && isWhole) return;
    if (bytes > 0) this.carried.drop(reason, bytes);
    this.#early?.clear();
    this.release()?.abort();
  }

  /** Gives the socket up: it is the caller's to close. */
  release(): Socket | null {
    const socket = this.#socket;
    if (socket !== null) this.carried.addLost(this.#host.node, socket);
    this.#socket = null;
    this.phase = "closed";
    this.#timeouts.stop();
    this.#early?.drop("no_destination", this.carried);
    this.times.end();
    return socket;
  }

  // From the graph to the socket

  receive(hook: Hook, item: Item): void | false {
    const socket = this.#socket;
    if (item.kind !== "data") return this.#receiveSign(socket, item);
    if (socket === null) return refuse(hook, item, "ENOTCONN");
    if (!connects(socket.endpoint)) return this.#receiveDatagram(hook, socket, item);
    if (!this.#takesData()) return refuse(hook, item, "ENOTCONN");
    if (this.#writeEnded) return refuse(hook, item, "EPIPE");
    if (this.phase !== "connected") return this.#wait(hook, item);
    if (socket.send(item, null) !== false) return;
    this.times.block("out");
    return false;
  }

  #receiveSign(socket: Socket | null, item: Item): void {
    if (socket === null) return;
    // A datagram socket has no directions to end, except for a flow, which any sign ends.
    if (this.flow !== null) return this.#end(item.kind === "eof" ? "eof" : item.reason, null);
    if (!connects(socket.endpoint)) return;
    if (item.kind === "abort") return this.#end(item.reason, null);
    if (this.#takesData()) this.#endWrite(socket);
  }

  #takesData(): boolean {
    return this.phase === "connected" || this.phase === "connecting" || this.#host.life.willConnect();
  }

  /** What comes for a stream that connects waits. Who goes on though it was pushed back ends it: it would have a hole. */
  #wait(hook: Hook, item: Item): void | false {
    this.#early ??= new EarlyItems();
    if (this.#early.bytes + item.length <= this.#host.config.maxQueueBytes) {
      this.#early.push(hook, item);
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
    if (this.flow?.nameless === true) return refuse(hook, item, "EDESTADDRREQ");
    const most = socket.endpoint.family === "local" ? MAX_LOCAL_DATAGRAM : MAX_DATAGRAM;
    if (item.length > most) return refuse(hook, item, "EMSGSIZE");
    if (socket.queuedBytes + item.length > this.#host.config.maxQueueBytes) return refuse(hook, item, "ENOBUFS");
    socket.send(item, tagged);
    if (connected && !this.noted && this.flow === null) {
      this.noted = true;
      this.#host.life.onDatagramSent();
    }
    if (this.flow?.answered === true) this.#end("eof", null);
  }

  resumed(): void {
    this.times.unblock("in");
    if (this.#reading === "started") this.#socket?.resume();
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
    if (taken === false && this.#socket !== null) this.times.block("in");
    return taken;
  }

  ended(): void {
    this.#noteWhetherHeard();
    this.endedWays = this.#writeEnded ? "both" : "read";
    sendSign(this.#hook, "eof");
    const socket = this.#socket;
    if (socket === null) return;
    // Others go on with the shared node: what they say from now on is not for this connection.
    if (this.joinsShared && !this.times.outBlocked) return this.#endWrite(socket);
    if (this.#writeEnded) return this.#end("eof", null);
    this.awaited = this.#host.life.onPeerEnded();
    if (this.#socket === null) return;
    if (this.awaited === "nothing" && !this.times.outBlocked) this.#endWrite(socket);
    else this.watch();
  }

  /** The code of the node has thrown. */
  crash(error: NetgraphError): void {
    if (this.phase === "closed") return;
    const socket = this.release();
    sendSign(this.#hook, "abort", "error");
    socket?.abort();
    if (this.#host.node.alive) this.#host.life.onClosed("error", error);
  }

  /** Ends the connection, of which the peer has ended its direction. */
  finish(): void {
    this.#end("eof", null);
  }

  drained(): void {
    this.times.unblock("out");
    this.#hook?.resume();
    // What had waited for it behind the hook is out.
    const endsAlone = this.joinsShared || this.awaited === "nothing";
    if (endsAlone && this.#readEnded && !this.times.outBlocked && this.#socket !== null) this.#endWrite(this.#socket);
  }

  accepted(child: Socket): void {
    this.#host.life.onAccepted(child);
  }

  acceptFailed(error: NetgraphError): void {
    this.#host.life.onAcceptFailed(error);
  }

  failed(error: NetgraphError): void {
    const { items, bytes } = this.#readEnded ? this.#host.life.unconfirmed() : { items: 0, bytes: 0 };
    if (items > 0) this.carried.drop(reasonOf(error), bytes, items);
    this.#noteWhetherHeard();
    this.endedWays = "reset";
    this.#socket = null;
    sendSign(this.#hook, "abort", reasonOf(error));
    this.#end(reasonOf(error), error);
  }

  #noteWhetherHeard(): void {
    const { since } = this.times;
    if (since < 0 || this.#hook === null) return;
    if (this.carried.wasHeard) return this.#host.life.onEndedHeard();
    if (this.endedWays !== "none") return;
    if (this.#host.clock.now() - since >= YOUNG_MS) return;
    const { sentItems } = this.carried;
    this.#host.life.onEndedUnheard(() => this.endedWays !== "reset" && this.carried.sentItems > sentItems);
  }

  #endWrite(socket: Socket): void {
    if (this.#writeEnded) return;
    this.endedWays = this.#readEnded ? "both" : "write";
    // While it connects the end waits behind the data.
    if (this.phase !== "connected") return;
    // Closing sends what is queued and the end: a shutdown before it would be one call more.
    if (this.#readEnded) return this.#end("eof", null);
    socket.shutdown();
    this.watch();
  }

  get #readEnded(): boolean {
    return this.endedWays === "read" || this.endedWays === "both";
  }

  get #writeEnded(): boolean {
    return this.endedWays === "write" || this.endedWays === "both";
  }

  /** Starts the time-out of a connection in this state, as configured now. */
  watch(): void {
    if (this.phase !== "connected" || this.#socket === null) return;
    if (this.flow === null && !connects(this.#socket.endpoint)) return;
    // One without a hook that is no embryo is about to be joined by its listener.
    if (this.#reading === "embryo" || this.#hook !== null) this.#timeouts.start(this.#reading);
  }

  /** Ends it for a time-out. */
  expire(reason: "idle_timeout" | "half_close_timeout"): void {
    // No flow says that it is done: this is how they end.
    if (this.flow !== null) return this.retire(reason);
    const { node } = this.#host;
    // Before the other side hears of it: that may end this node, and would close what must be seen as cut off.
    this.release()?.abort();
    sendSign(this.#hook, "abort", reason);
    if (!node.alive) return;
    this.#host.life.onClosed(
      reason,
      new NetgraphError("ETIMEDOUT", `Connection of "${node.path}" was idle for too long`),
    );
  }

  /** Ends it before its time. */
  retire(reason: CloseReason): void {
    if (this.flow === null) {
      sendSign(this.#hook, "eof");
      return this.#end(reason, null);
    }
    // First, as above: a flow ends by any sign that comes back.
    this.release()?.close();
    sendSign(this.#hook, "eof");
    if (this.#host.node.alive) this.#host.life.onClosed(reason, null);
  }

  /** It is over. After a clean end what is queued still goes out. */
  #end(reason: CloseReason, error: NetgraphError | null): void {
    if (this.phase === "closed") return;
    if (reason === "eof" && this.held() > 0) return this.#endBehindQueue();
    const peer = this.#socket?.peer ?? null;
    if (reason !== "eof") this.uncleanEnd = { peer, unread: this.times.outBlocked };
    const isClean = reason === "eof" || reason === "drain";
    // What a reset drops of what the system has not taken. A flow has no queue of its own.
    const queued = isClean || this.flow !== null ? 0 : this.#socket?.queuedBytes ?? 0;
    if (queued > 0) this.carried.drop(reason, queued);
    const socket = this.release();
    if (isClean) socket?.close();
    else socket?.abort();
    this.#host.life.onClosed(reason, error);
  }

  /** Both directions have ended: what is queued is sent first, as long as some of it goes out, and then the end. */
  #endBehindQueue(): void {
    this.phase = "closed";
    this.#timeouts.stop();
    this.times.end();
    this.endedWays = "both";
    this.#socket?.shutdown();
    this.#host.life.onClosed("eof", null);
  }
}
