/**
 * Datagrams over `Bun.udpSocket`. Bun connects a UDP socket only on creation, and our sockets may be bound before: the
 * system does not know of the peer.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Octets } from "../../socket/socket.ts";
import type { DatagramEvents, DatagramPort, DatagramTransport } from "../core/datagram_transport.ts";
import { SocketOptions } from "../core/socket_options.ts";
import { ReceiveRoom } from "../posix/receive_room.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { netTarget, SourceCache } from "./address.ts";
import { openDatagrams } from "./calls.ts";
import { BunDatagramOptions, DATAGRAM_RULES } from "./datagram_options.ts";
import { BunDatagramSender, type Target } from "./datagram_sender.ts";
import { BunInbox } from "./inbox.ts";
import { systemCalls } from "./system_calls.ts";
import type { BunDatagrams } from "./types.ts";
import { setImmediate } from "node:timers";

/** The limit of datagrams in one turn: more than a receive buffer holds, and a matter of milliseconds. */
const MAX_DATAGRAMS = 2048;

/** Counts the datagrams of a turn, for all sockets of a thread. */
class TurnBudget {
  #spent = 0;
  #ends: (() => void)[] | null = null;

  /** Takes one datagram from the budget; false if it is used up. */
  spend(): boolean {
    this.#watch();
    return this.#spent++ < MAX_DATAGRAMS;
  }

  /** Calls back once the turn is over, and events that arrived meanwhile were handled. */
  afterTurn(act: () => void): void {
    this.#watch().push(act);
  }

  #watch(): (() => void)[] {
    if (this.#ends !== null) return this.#ends;
    setImmediate(() => {
      const ends = this.#ends ?? [];
      this.#ends = null;
      this.#spent = 0;
      for (const act of ends) act();
    });
    return this.#ends = [];
  }
}

/** The budget of this thread. */
const TURN_BUDGET: TurnBudget = new TurnBudget();

/** The calls; null on systems that runtime `posix` does not support. */
const receiveRoom: () => Promise<ReceiveRoom | null> = systemCalls((libc, system) => {
  return new ReceiveRoom(libc, system);
});

/** Errors of Bun that concern one datagram, sent earlier, rather than the socket. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EACCES",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EMSGSIZE",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "EPROTO",
]);

/** A datagram socket on Bun, which is created by its bind. */
export class BunDatagramTransport implements DatagramTransport {
  readonly port = null;
  readonly options: BunDatagramOptions;
  readonly #events: DatagramEvents;

  constructor(endpoint: Endpoint, events: DatagramEvents) {
    this.#events = events;
    this.options = new BunDatagramOptions(new SocketOptions(socketKind(endpoint), DATAGRAM_RULES));
  }

  bind(address: SocketAddress): DatagramPort {
    return new BunDatagramPort(address, this.options, this.#events);
  }
}

/** A datagram socket that has an address. */
class BunDatagramPort implements DatagramPort {
  readonly isBound = true;
  readonly local: SocketAddress;
  readonly #events: DatagramEvents;
  readonly #datagrams: BunDatagrams;
  readonly #sender: BunDatagramSender;
  readonly #sources = new SourceCache();
  readonly #inbox = new BunInbox();
  #closed = false;
  #reading = false;
  #handing = false;
  #isFinishing = false;
  /** The last address of a send, in both forms. */
  #sentTo: SocketAddress | null = null;
  #target: Target = { host: "", port: 0 };
  /** Null until the C library is loaded. */
  #room: ReceiveRoom | null = null;

  constructor(address: SocketAddress, options: BunDatagramOptions, events: DatagramEvents) {
    this.#events = events;
    const { datagrams, local } = openDatagrams(address, {
      flags: options.flags,
      socket: {
        data: (_socket, bytes, port, host) => this.#arrived({ bytes, from: this.#sources.address(host, port) }),
        drain: () => this.#drain(),
        error: (error) => this.#failed(error),
      },
    });
    try {
      options.applyTo(datagrams);
    } catch (error) {
      datagrams.close();
      throw error;
    }
    this.local = local;
    this.#datagrams = datagrams;
    this.#sender = new BunDatagramSender(datagrams, () => events.drained());
    void receiveRoom().then((room) => this.#closed || this.#takeRoom(room));
  }

  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  get sendErrors(): ReadonlyMap<string, number> {
    return this.#sender.errors;
  }

  get lostDatagrams(): number | null {
    const { fd } = this.#datagrams;
    if (this.#room === null || fd === undefined) return null;
    const drops = this.#room.drops(fd);
    return drops === null ? null : drops + this.#inbox.dropped;
  }

  send(octets: Octets, to: SocketAddress | null, peer: SocketAddress | null): void | false {
    const address = to ?? peer;
    if (address !== null && address !== this.#sentTo) {
      this.#target = netTarget(address);
      this.#sentTo = address;
    }
    return this.#sender.send(octets, this.#target);
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (!this.#inbox.isEmpty) queueMicrotask(() => this.#deliver()); // Not from within the owner's call.
  }

  finish(): boolean {
    this.#reading = false;
    return this.#isFinishing = this.#sender.busy;
  }

  close(): null {
    this.#closed = true;
    this.#inbox.clear();
    this.#sender.clear();
    this.#datagrams.close();
    return null;
  }

  #takeRoom(room: ReceiveRoom | null): void {
    this.#room = room;
    const { fd } = this.#datagrams;
    if (fd !== undefined) room?.ask(fd);
  }

  #arrived(datagram: { bytes: Uint8Array<ArrayBuffer>; from: SocketAddress }): void {
    if (this.#closed || this.#isFinishing) return;
    if (!this.#reading) return this.#inbox.push(datagram, "owner");
    if (!this.#inbox.isEmpty || this.#handing) return this.#inbox.push(datagram, "turn");
    if (TURN_BUDGET.spend()) return this.#handOver(datagram);
    this.#inbox.push(datagram, "turn");
    TURN_BUDGET.afterTurn(() => this.#deliver());
  }

  #deliver(): void {
    if (this.#handing) return;
    this.#handing = true;
    while (this.#reading && !this.#closed) {
      const datagram = this.#inbox.take();
      if (datagram === null) break;
      this.#handOver(datagram);
    }
    this.#handing = false;
  }

  #handOver({ bytes, from }: { bytes: Uint8Array<ArrayBuffer>; from: SocketAddress }): void {
    const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
    if (this.#events.arrived(octets, from) === false) this.#reading = false;
  }

  #drain(): void {
    this.#sender.drain();
    if (this.#isFinishing && !this.#closed && !this.#sender.busy) this.#events.flushed();
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    if (PASSING.has(systemErrorCode(error))) return this.#sender.refused(error);
    this.#events.failed(systemError(error, "Cannot receive"));
  }
}
