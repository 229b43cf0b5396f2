/**
 * The accepting half of a listener: one accept is pending while connections are requested, and none otherwise, so that
 * other connections wait in the system's backlog.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import { ACCEPT_PAUSE_MS, acceptFailure, reserveError } from "../core/accept_rules.ts";
import type { DescriptorReserve } from "../host/descriptor_reserve.ts";
import { systemError } from "../system_error.ts";

/** The events of accepting. */
export interface AcceptorEvents<Conn> {
  accepted(conn: Conn): void;
  /** Accepting is paused and resumes automatically. */
  paused(error: NetgraphError): void;
  /** The listener has failed. */
  failed(error: NetgraphError): void;
}

/** The part of the host that accepting needs. */
export interface AcceptorHost {
  readonly clock: Clock;
  readonly descriptors: Pick<DescriptorReserve, "isHeld">;
}

/** Accepts as many connections as were requested. */
export class DenoAcceptor<Conn extends { close(): void }> {
  readonly #accept: () => Promise<Conn>;
  readonly #clock: Clock;
  readonly #descriptors: Pick<DescriptorReserve, "isHeld">;
  readonly #events: AcceptorEvents<Conn>;
  readonly #taken = (conn: Conn): void => this.#accepted(conn);
  readonly #broke = (error: unknown): void => this.#failed(error);
  #wanted = 0;
  /** True while an accept is pending or its result is being passed on. */
  #pending = false;
  #idle: PromiseWithResolvers<void> | null = null;
  #pause: Timer | null = null;
  #stopped = false;

  constructor(accept: () => Promise<Conn>, host: AcceptorHost, events: AcceptorEvents<Conn>) {
    this.#accept = accept;
    this.#clock = host.clock;
    this.#descriptors = host.descriptors;
    this.#events = events;
  }

  /** Requests one more. */
  want(): void {
    this.#wanted++;
    this.#wake();
  }

  /** No more events. An accept that is pending ends when the listener is closed. */
  stop(): void {
    this.#stopped = true;
    this.#pause?.cancel();
  }

  /** Resolves when nothing is pending. */
  idle(): Promise<void> {
    if (!this.#pending) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  #wake(): void {
    if (this.#stopped || this.#pause !== null || this.#pending || this.#wanted === 0) return;
    if (!this.#descriptors.isHeld()) return this.#pauseAccepting(reserveError());
    this.#pending = true;
    this.#accept().then(this.#taken, this.#broke);
  }

  #accepted(conn: Conn): void {
    if (this.#stopped) conn.close();
    else {
      this.#wanted--;
      this.#events.accepted(conn);
    }
    this.#requestEnded();
  }

  #failed(error: unknown): void {
    if (!this.#stopped && !isUnreadable(error)) this.#refused(systemError(error, "Cannot accept a connection"));
    this.#requestEnded();
  }

  /** Nothing is pending: the next one may already be requested. */
  #requestEnded(): void {
    this.#pending = false;
    this.#wake();
    if (this.#pending) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  #refused(error: NetgraphError): void {
    const kind = acceptFailure(error.code);
    if (kind === "passing") return;
    if (kind === "fatal") {
      this.stop();
      return this.#events.failed(error);
    }
    this.#pauseAccepting(error);
  }

  #pauseAccepting(error: NetgraphError): void {
    this.#pause = this.#clock.after(ACCEPT_PAUSE_MS, () => {
      this.#pause = null;
      this.#wake();
    });
    this.#events.paused(error);
  }
}

/**
 * Deno 2.9.6 drops a connection whose peer is bound to a path that is not UTF-8: without this, any client could end the
 * listener.
 */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.name === "InvalidData";
}
