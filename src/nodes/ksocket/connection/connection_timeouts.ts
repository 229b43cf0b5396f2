/**
 * The time-outs of a connection: for an accepted connection without a hook, for an idle connection, and for one with
 * one ended direction.
 *
 * @module
 */

import { connects } from "../../../socket/kind.ts";
import type { Socket } from "../../../socket/socket.ts";
import { ANSWERS_MS, DEFAULT_CONFIG } from "../ksocket_config.ts";
import { type Activity, ActivityWatch } from "./activity.ts";
import type { Carried } from "./carried.ts";
import type { ConnectionHost, MovingConnection } from "./connection_host.ts";
import type { Ends } from "./ends.ts";

/** An item counts for more than the bytes that move meanwhile, so that a sum never stays equal by chance. */
const ITEM_WEIGHT = 1e6;
/**
 * The minimum time for a half-closed connection if the runtime cannot report whether sent data arrives (Deno, Bun):
 * enough to empty the system's send buffer of 4 MiB at 35 kB/s.
 */
const BLIND_MS = 120_000;

/**
 * Whether the socket is read: an embryo waits for a hook, and is ended if it gets none; a held one has a hook, or will
 * get one soon, and waits until the other side is ready.
 */
export type Reading = "embryo" | "held" | "started";

/** A connection, for its time-outs. */
export interface TimedConnection {
  /** One source of datagrams, if it is one: the system has no unsent data of it. */
  readonly flow: Socket | null;
  readonly ends: Ends;
  readonly carried: Carried;
  /** Ends it because of a time-out; `eof`: cleanly, because no more answers are expected. */
  expire(reason: "eof" | "idle_timeout" | "half_close_timeout"): void;
}

/** Watches one connection. */
export class ConnectionTimeouts implements Activity {
  readonly #connection: TimedConnection;
  readonly #host: ConnectionHost;
  readonly #watch = new ActivityWatch(this);
  /** A half-closed connection gets extra time once, because data in the system's buffer is not visible. */
  #graceGiven = false;

  constructor(connection: TimedConnection, host: ConnectionHost) {
    this.#connection = connection;
    this.#host = host;
  }

  /** Watches from now on, for the time-out of a connection in this state. */
  start(reading: Reading): void {
    const { clock, config: { embryoTimeout, idleTimeout, halfCloseTimeout } } = this.#host;
    if (reading === "embryo") return this.#watch.start(clock, embryoTimeout);
    const halfClosed = this.#connection.ends.ways !== "none";
    // Most connections end soon after one direction has ended: the system is queried only for the others.
    const span = !halfClosed ? idleTimeout : this.#awaitsAnswers ? ANSWERS_MS : halfCloseTimeout;
    this.#watch.start(clock, span, { deferred: halfClosed });
  }

  /** Stops watching. */
  stop(): void {
    this.#watch.stop();
  }

  activity(): number {
    return this.#connection.ends.ways === "none"
      ? this.#connection.carried.items
      : movedTogether(this.#host.together());
  }

  expired(): void {
    try {
      this.#expired();
    } catch (error) {
      this.#host.node.crash(error);
    }
  }

  #expired(): void {
    if (this.#awaitsAnswers) return this.#connection.expire("eof");
    const halfClosed = this.#connection.ends.ways !== "none";
    if (halfClosed && this.#waitsBlindly()) return;
    this.#connection.expire(halfClosed ? "half_close_timeout" : "idle_timeout");
  }

  /** Only datagrams may still arrive, and no time to wait for them is configured. */
  get #awaitsAnswers(): boolean {
    const { halfCloseTimeout } = this.#host.config;
    return this.#connection.ends.awaited === "datagrams" && halfCloseTimeout === DEFAULT_CONFIG.halfCloseTimeout;
  }

  /** Waits longer if the connection may still be active: data that the system still sends is not visible. */
  #waitsBlindly(): boolean {
    if (this.#graceGiven || this.#connection.flow !== null || !sendBlindly(this.#host.together())) return false;
    this.#graceGiven = true;
    const graceMs = BLIND_MS - this.#host.config.halfCloseTimeout;
    if (graceMs > 0) this.#watch.start(this.#host.clock, graceMs);
    return graceMs > 0;
  }
}

/**
 * Changes while data moves at one of these: items, bytes that wait for the system, and bytes that the peer
 * acknowledges.
 */
export function movedTogether(connections: readonly MovingConnection[]): number {
  return connections.reduce((sum, { socket, carried }) => {
    const waiting = socket === null ? 0 : (socket.ackedBytes ?? 0) - socket.queuedBytes;
    return sum + carried.items * ITEM_WEIGHT + waiting;
  }, 0);
}

/** True if one of these has sent data that may not have arrived. */
export function sendBlindly(connections: readonly MovingConnection[]): boolean {
  return connections.some(({ socket, carried }) => {
    if (socket === null || !connects(socket.endpoint) || (socket.ackedBytes ?? null) !== null) return false;
    return carried.sentBytes > 0;
  });
}
