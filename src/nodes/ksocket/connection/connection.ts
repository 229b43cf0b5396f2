/**
 * The connection of a ksocket: the data path between its hook and its socket, with the ends of both directions, until
 * it is closed. The parts that depend on its origin are in its ksocket's role (`role.ts`); byte rates are in `pace.ts`,
 * time-outs in `connection_timeouts.ts`.
 *
 * An item causes no promise, no copy and no read of the clock here.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import type { Item } from "../../../graph/core/item.ts";
import { acquireItem, releaseItem, sendSign } from "../../../graph/core/item_pool.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { connects } from "../../../socket/kind.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import { AddressTag } from "../../address_tag.ts";
import { reasonOf } from "../close_reason.ts";
import { type FlowHolder, FlowSocket } from "../flow/flow_socket.ts";
import type { ConnectionHost, ConnectionPhase, UncleanEnd } from "./connection_host.ts";
import { ConnectionTimeouts, type Reading, type TimedConnection } from "./connection_timeouts.ts";
import { Carried, refuse } from "./carried.ts";
import { type ConnectionTap, tapConnection } from "./connection_tap.ts";
import { ConnectionTimes } from "./connection_times.ts";
import { directReceiver } from "./direct.ts";
import { sendDatagram } from "./datagram_sender.ts";
import { EarlyItems, earlyQueueFull } from "./early_items.ts";
import { Ends } from "./ends.ts";
import type { Pace, PacedConnection } from "./pace.ts";
import { reportEarlyClose } from "./early_close.ts";
import { GuardedOwner } from "../socket_owners.ts";

/** Transfers data between a hook and a socket until either side ends. */
export class Connection implements SocketOwner, TimedConnection, FlowHolder, PacedConnection {
  readonly host: ConnectionHost;
  readonly carried = new Carried();
  readonly times: ConnectionTimes;
  readonly #timeouts: ConnectionTimeouts;
  phase: ConnectionPhase = "idle";
  /** True if the peer of the hook is shared: the end of the connection then ends no other node. */
  joinsShared = false;
  /** The error that ended the connection; null before, and after a clean end. */
  uncleanEnd: UncleanEnd | null = null;
  /** True while the connection waits for the result of its first datagram. */
  watchesRefusals = false;
  #reading: Reading = "held";
  readonly ends = new Ends();
  #socket: Socket | null = null;
  /** The socket if it stands for one source of datagrams; it ends as a connection does. */
  flow: FlowSocket | null = null;
  /** The PROXY header before the data of the first datagram; null without. */
  preamble: Uint8Array<ArrayBuffer> | null = null;
  #hook: Hook | null = null;
  /** Items that arrived before the connection was established; created for the first one. */
  #early: EarlyItems | null = null;
  /** Null without taps. */
  tap: ConnectionTap | null = null;
  /** Null without byte rates. */
  #pace: Pace | null = null;

  constructor(host: ConnectionHost) {
    this.host = host;
    this.times = new ConnectionTimes(host.node, host.clock);
    this.#timeouts = new ConnectionTimeouts(this, host);
  }

  get socket(): Socket | null {
    return this.#socket;
  }

  get hook(): Hook | null {
    return this.#hook;
  }

  /** Applies byte rates from now on; null: none. */
  setPace(pace: Pace | null): void {
    const previous = this.#pace;
    this.#pace = pace;
    previous?.stop();
  }

  resumeReading(): void {
    if (this.#reading === "started" && !this.times.inBlocked) this.#socket?.resume();
  }

  /** Takes over a socket; an accepted one is already connected. */
  takeSocket(socket: Socket, options: { connected: boolean }): void {
    socket.owner = new GuardedOwner(this, this.host.node);
    this.#socket = socket;
    if (!options.connected) return;
    if (socket instanceof FlowSocket) {
      this.flow = socket;
      socket.holder = this;
    }
    this.phase = "connected";
    this.times.begin(this.host.node.origin.bornAt);
    if (this.host.taps.isOn) tapConnection(this, this.host.taps.all, true);
  }

  /** The hook for which it was opened was rejected. */
  discardSocket(): void {
    this.#socket?.abort();
    this.#socket = null;
  }

  /** Takes over the socket that has connected, in place of the one that was opened first. */
  exchangeSocket(socket: Socket): void {
    const previous = this.#socket;
    if (previous === socket) return;
    this.takeSocket(socket, { connected: false });
    previous?.abort();
  }

  /** Ends an accepted connection that gets no hook in time. */
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

  /** The socket is connected now: its data is sent to the hook. Datagrams wait for `startDatagrams`. */
  connected(): void {
    this.phase = "connected";
    const socket = this.#socket;
    if (socket === null || !connects(socket.endpoint)) return;
    this.times.begin(this.host.clock.now());
    if (this.host.taps.isOn) tapConnection(this, this.host.taps.all, true);
    this.watch();
    const full = this.#early?.sendTo(socket, { hook: this.#hook, tap: this.tap }) ?? null;
    if (this.ends.writeEnded) socket.shutdown();
    this.startStream();
    // A full socket reports itself when it has room.
    if (full === false) this.#hook?.resume();
  }

  /**
   * Drops items that wait for it, because it will not be connected. A sender that was pushed back notices when it
   * sends.
   */
  dropEarly(): void {
    if (this.#early?.drop("no_destination", this.carried) === true) this.#hook?.resume();
  }

  /** Starts reading an accepted connection. */
  startStream(): void {
    if (this.phase !== "connected") return;
    this.#reading = "started";
    if (this.#pace?.begin() !== false) this.#socket?.resume();
  }

  /** Starts reading datagrams, if the socket has any. */
  startDatagrams(): void {
    if (this.#socket === null || connects(this.#socket.endpoint)) return;
    this.#reading = "started";
    this.#socket.resume();
  }

  /** Bytes that the system has not accepted yet, or that wait for the connection. */
  held(): number {
    const early = this.#early?.bytes ?? 0;
    const socket = this.#socket;
    if (socket === null || this.flow !== null || !connects(socket.endpoint)) return early;
    return early + socket.queuedBytes;
  }

  /**
   * Drops and counts data that is still to be sent. A peer that would miss data, or at least the end, receives a reset.
   */
  discard(reason: CloseReason): void {
    const socket = this.#socket;
    const bytes = this.held();
    const isWhole = socket === null || !connects(socket.endpoint) || this.flow !== null || this.ends.writeEnded;
    if (bytes === 0 && isWhole) return;
    if (bytes > 0) this.carried.drop(reason, bytes);
    this.#early?.clear();
    this.tap?.ended("out", "reset");
    this.release()?.abort();
  }

  /** Releases the socket: the caller must close it. */
  release(): Socket | null {
    const socket = this.#socket;
    if (socket !== null) this.carried.addLost(this.host.node, socket);
    this.#socket = null;
    this.#close();
    this.#early?.drop("no_destination", this.carried);
    return socket;
  }

  #close(): void {
    this.phase = "closed";
    this.tap?.ended("out", "eof");
    this.tap = null;
    this.#timeouts.stop();
    this.#pace?.end();
    this.#pace = null;
    this.times.end();
  }

  // From the graph to the socket

  receive(hook: Hook, item: Item): void | false {
    const socket = this.#socket;
    if (item.kind !== "data") return this.#receiveSign(socket, item);
    if (socket === null) return refuse(hook, item, "ENOTCONN");
    if (!connects(socket.endpoint)) return this.#receiveDatagram(hook, item);
    if (!this.#takesData()) return refuse(hook, item, "ENOTCONN");
    if (this.ends.writeEnded) return refuse(hook, item, "EPIPE");
    if (this.phase !== "connected") return this.#wait(hook, item);
    const isFull = socket.send(item, null) === false;
    if (this.tap !== null) this.tap.passed("out", item);
    return this.sent(hook, item.length, isFull);
  }

  sent(hook: Hook, bytes: number, isFull: boolean): void | false {
    if (isFull) this.times.block("out");
    const paced = this.#pace === null ? undefined : this.#pace.sent(hook, bytes);
    return isFull ? false : paced;
  }

  /** A datagram socket has no directions to end, except for a flow, which any signal ends. */
  #receiveSign(socket: Socket | null, item: Item): void {
    if (socket === null || (this.flow === null && !connects(socket.endpoint))) return;
    if (this.flow !== null || item.kind === "abort") {
      if (this.flow === null || this.ends.by === null) this.ends.by = "hook";
      return this.#end(item.kind === "eof" ? "eof" : item.reason, null);
    }
    if (this.#takesData()) this.#endWrite(socket);
  }

  #takesData(): boolean {
    return this.phase === "connected" || this.phase === "connecting" || this.host.role.willConnect();
  }

  /**
   * Data for a connecting stream waits. A sender that continues although it was pushed back ends it, because the stream
   * would have a gap.
   */
  #wait(hook: Hook, item: Item): void | false {
    this.#early ??= new EarlyItems();
    if (this.#early.keep(hook, item, this.host.config)) return false;
    hook.drop("queue_full", item.length);
    this.#end("queue_full", earlyQueueFull(this.host.node));
  }

  #receiveDatagram(hook: Hook, item: Item): void | false {
    const refusal = sendDatagram(this, item);
    if (refusal !== null) return refuse(hook, item, refusal);
    if (this.tap !== null) this.tap.passed("out", item);
    if (this.phase === "connected" && !this.watchesRefusals && this.flow === null) {
      this.watchesRefusals = true;
      this.host.role.onDatagramSent();
    }
    if (this.flow?.answered === true) this.#end("eof", null);
    else if (this.#pace !== null) return this.#pace.sent(hook, item.length);
  }

  resumed(): void {
    this.times.unblock("in");
    if (this.#pace?.readingStopped !== true) this.resumeReading();
  }

  // From the socket to the graph

  arrived(octets: Octets, from: SocketAddress | null): void | false {
    const hook = this.#hook;
    if (hook === null) return;
    if (this.tap !== null) this.tap.passed("in", octets);
    const item = acquireItem().carry(octets.buffer, octets.offset, octets.length);
    item.whole = this.#socket?.endpoint.type !== "stream";
    if (from !== null) item.tag = new AddressTag(this.host.node.id, from);
    const taken = hook.send(item);
    releaseItem(item);
    return this.#read(octets.length, taken);
  }

  directTarget(): Socket | null {
    const socket = directReceiver(this)?.socket ?? null;
    return socket?.inner ?? socket;
  }

  passed(bytes: number, isFull: boolean): void | false {
    const hook = this.#hook;
    const peer = hook?.peer ?? null;
    const receiver = directReceiver(this);
    if (hook === null || peer === null || receiver === null) return;
    hook.pass(bytes);
    return this.#read(bytes, receiver.sent(peer, bytes, isFull));
  }

  /** Bytes were read and passed on; `taken` is the answer of the other side. */
  #read(bytes: number, taken: void | false): void | false {
    // The socket may be closed by now.
    if (taken === false && this.#socket !== null) this.times.block("in");
    if (this.#pace !== null && !this.#pace.read(bytes)) return false;
    return taken;
  }

  ended(): void {
    reportEarlyClose(this);
    this.tap?.ended("in", "eof");
    this.ends.endRead();
    sendSign(this.#hook, "eof");
    const socket = this.#socket;
    if (socket === null) return;
    // Other connections continue with the shared node: their data from now on is not for this connection.
    if (this.joinsShared && !this.times.outBlocked) return this.#endWrite(socket);
    if (this.ends.writeEnded) return this.#end("eof", null);
    this.ends.awaited = this.host.role.onPeerEnded();
    if (this.#socket === null) return;
    if (this.ends.awaited === "nothing" && !this.times.outBlocked) this.#endWrite(socket);
    else this.watch();
  }

  /** The code of the node has thrown. */
  crash(error: NetgraphError): void {
    if (this.phase !== "closed") this.#endBothSides("error", error);
  }

  drained(): void {
    this.times.unblock("out");
    if (this.#pace === null) this.#hook?.resume();
    else if (this.#hook !== null) this.#pace.drained(this.#hook);
    // The data that waited behind the hook is sent.
    const endsAlone = this.joinsShared || this.ends.awaited === "nothing";
    if (endsAlone && this.ends.readEnded && !this.times.outBlocked && this.#socket !== null) {
      this.#endWrite(this.#socket);
    }
  }

  accepted(child: Socket): void {
    this.host.role.onAccepted(child);
  }

  acceptFailed(error: NetgraphError): void {
    this.host.role.onAcceptFailed(error);
  }

  failed(error: NetgraphError): void {
    const { items, bytes } = this.ends.readEnded ? this.host.role.unconfirmed() : { items: 0, bytes: 0 };
    if (items > 0) this.carried.drop(reasonOf(error), bytes, items);
    reportEarlyClose(this);
    this.tap?.ended("in", "reset");
    this.ends.ways = "reset";
    this.ends.by = "peer";
    this.#socket = null;
    this.host.role.onFailed?.(error);
    sendSign(this.#hook, "abort", reasonOf(error));
    this.#end(reasonOf(error), error);
  }

  #endWrite(socket: Socket): void {
    if (this.ends.writeEnded) return;
    this.ends.endWrite();
    this.tap?.ended("out", "eof");
    // While it connects the end waits after the data.
    if (this.phase !== "connected") return;
    // Closing sends the queue and the end: a separate shutdown would be one more call.
    if (this.ends.readEnded) return this.#end("eof", null);
    socket.shutdown();
    this.watch();
  }

  /** Starts the time-out of a connection in this state, as configured now. */
  watch(): void {
    if (this.phase !== "connected" || this.#socket === null) return;
    if (this.flow === null && !connects(this.#socket.endpoint)) return;
    // One without a hook that is not an embryo will be joined by its listener.
    if (this.#reading === "embryo" || this.#hook !== null) this.#timeouts.start(this.#reading);
  }

  expire(reason: "eof" | "idle_timeout" | "half_close_timeout"): void {
    if (reason === "eof") return this.#end("eof", null);
    // Flows have no end of their own: they end by a time-out.
    if (this.flow !== null) return this.retire(reason);
    const message = `Connection of "${this.host.node.path}" was idle for too long`;
    this.#endBothSides(reason, new NetgraphError("ETIMEDOUT", message));
  }

  /** Ends the connection early; unless it is idle, both sides see a reset, because data is lost. */
  retire(reason: CloseReason, isIdle = true): void {
    if (!isIdle) return this.#end(reason, null, false);
    // A flow ends by any signal.
    if (this.flow !== null) return this.#endBothSides(reason, null);
    sendSign(this.#hook, "eof");
    this.#end(reason, null);
  }

  /**
   * Ends both sides: by a reset if there is an error. The socket first, because the notified other side may end this
   * node, and would close a connection that must be reset.
   */
  #endBothSides(reason: CloseReason, error: NetgraphError | null): void {
    if (error !== null) this.tap?.ended("out", "reset");
    const socket = this.release();
    if (error === null) {
      socket?.close();
      sendSign(this.#hook, "eof");
    } else {
      socket?.abort();
      sendSign(this.#hook, "abort", reason);
    }
    if (this.host.node.alive) this.host.role.onClosed(reason, error);
  }

  /** It has ended. After a clean end the queue is still sent. */
  #end(reason: CloseReason, error: NetgraphError | null, isClean = reason === "eof" || reason === "drain"): void {
    if (this.phase === "closed") return;
    if (reason === "eof" && this.held() > 0) return this.#endBehindQueue();
    const peer = this.#socket?.peer ?? null;
    if (reason !== "eof") this.uncleanEnd = { peer, unread: this.times.outBlocked };
    // The bytes that a reset drops before the system has accepted them. A flow has no queue of its own.
    const queued = isClean || this.flow !== null ? 0 : this.#socket?.queuedBytes ?? 0;
    if (queued > 0) this.carried.drop(reason, queued);
    if (!isClean) this.tap?.ended("out", "reset");
    const socket = this.release();
    if (isClean) socket?.close();
    else socket?.abort();
    this.host.role.onClosed(reason, error);
  }

  /** Both directions have ended: the queue is sent first, as long as there is progress, and then the end. */
  #endBehindQueue(): void {
    this.#close();
    this.ends.ways = "both";
    this.#socket?.shutdown();
    this.host.role.onClosed("eof", null);
  }
}
