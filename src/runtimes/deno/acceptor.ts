/**
 * The accepting half of a listener: one accept is pending while connections are wanted, and none otherwise, so that
 * what nobody asked for waits in the system's backlog.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { ErrorCode, NetgraphError } from "../../errors.ts";
import { systemError } from "../system_error.ts";

/** What accepting leads to. */
export interface AcceptorEvents<Conn> {
  accepted(conn: Conn): void;
  /** Accepting is paused and goes on by itself. */
  paused(error: NetgraphError): void;
  /** The listener is dead. */
  failed(error: NetgraphError): void;
}

/** How long accepting rests when the process has run out of something. */
export const ACCEPT_PAUSE_MS = 100;

/** The process or system has run out, and the connection still waits in the backlog. */
const EXHAUSTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** The connection went away before it was taken: the next one is as good. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ECONNABORTED", "ECONNRESET", "EPROTO", "EINTR"]);

/** Takes as many connections as were asked for. */
export class DenoAcceptor<Conn extends { close(): void }> {
  readonly #accept: () => Promise<Conn>;
  readonly #clock: Clock;
  readonly #events: AcceptorEvents<Conn>;
  #wanted = 0;
  #running: Promise<void> | null = null;
  #pause: Timer | null = null;
  #stopped = false;

  constructor(accept: () => Promise<Conn>, clock: Clock, events: AcceptorEvents<Conn>) {
    this.#accept = accept;
    this.#clock = clock;
    this.#events = events;
  }

  /** Asks for one more. */
  want(): void {
    this.#wanted++;
    this.#wake();
  }

  /** No more events. An accept that is pending ends when the listener is closed. */
  stop(): void {
    this.#stopped = true;
    this.#pause?.cancel();
  }

  /** Settles when nothing is pending. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #wake(): void {
    if (this.#stopped || this.#pause !== null || this.#running !== null || this.#wanted === 0) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#wanted > 0 && !this.#stopped && this.#pause === null) await this.#acceptOne();
    this.#running = null;
  }

  async #acceptOne(): Promise<void> {
    const conn = await this.#take();
    if (conn === null) return;
    if (this.#stopped) return conn.close();
    this.#wanted--;
    this.#events.accepted(conn);
  }

  async #take(): Promise<Conn | null> {
    try {
      return await this.#accept();
    } catch (error) {
      if (!this.#stopped) this.#refused(systemError(error, "Cannot accept a connection"));
      return null;
    }
  }

  #refused(error: NetgraphError): void {
    if (TRANSIENT.has(error.code)) return;
    if (!EXHAUSTED.has(error.code)) {
      this.stop();
      return this.#events.failed(error);
    }
    this.#pause = this.#clock.after(ACCEPT_PAUSE_MS, () => {
      this.#pause = null;
      this.#wake();
    });
    this.#events.paused(error);
  }
}
