/**
 * The accepting half of a listener: takes as many connections as were asked for; the rest waits in the system's
 * backlog.
 *
 * The listener is watched edge-triggered, so that one that cannot take anybody (EMFILE) does not spin: it rests until a
 * descriptor was closed, or for {@linkcode ACCEPT_PAUSE_MS}.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { ErrorCode, NetgraphError } from "../../errors.ts";
import { ACCEPT_PAUSE_MS } from "../core/accept_rules.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import type { Goer } from "./poller.ts";

/** What accepting leads to. */
export interface ListeningEvents {
  /** A connection was taken; `host.acceptedPeer()` is its peer. */
  accepted(fd: number): void;
  paused(error: NetgraphError): void;
  failed(error: NetgraphError): void;
}

/** How many connections are taken before others have their turn. */
const BUDGET = 64;

/** The process or system has run out, and the connection still waits. */
const EXHAUSTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** The listener itself is broken; all else is about one connection that has gone away. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EBADF", "EINVAL", "EOPNOTSUPP"]);

/** Accepts on one descriptor. */
export class Listening implements Goer {
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #events: ListeningEvents;
  #wanted = 0;
  /** Whether somebody may wait in the backlog: true until the system said that nobody does. */
  #mayWait = true;
  #going = false;
  #pause: { timer: Timer; forget: () => void } | null = null;
  #stopped = false;

  constructor(host: PosixHost, fd: number, events: ListeningEvents) {
    this.#host = host;
    this.#fd = fd;
    this.#events = events;
  }

  /** Asks for one more. */
  want(): void {
    this.#wanted++;
    this.#goLater();
  }

  /** Somebody has come. */
  ready(): void {
    this.#mayWait = true;
    if (!this.#going) this.#take();
  }

  goOn(): void {
    this.#going = false;
    this.#take();
  }

  /** No more events. */
  stop(): void {
    this.#stopped = true;
    this.#endPause();
  }

  #goLater(): void {
    if (this.#going || !this.#mayWait || this.#pause !== null) return;
    this.#going = true;
    this.#host.poller.goOn(this);
  }

  #take(): void {
    for (let taken = 0; taken < BUDGET; taken++) {
      if (this.#wanted === 0 || this.#stopped || this.#pause !== null) return;
      const fd = this.#host.acceptDescriptor(this.#fd);
      if (fd < 0) {
        if (this.#refused(this.#host.libc.errno())) return;
        continue;
      }
      this.#wanted--;
      // While one is handed over, `want` may come for the next: that is this loop's work.
      this.#going = true;
      this.#events.accepted(fd);
      this.#going = false;
    }
    this.#goLater();
  }

  /** @returns true when there is nothing to take for now */
  #refused(errno: number): boolean {
    if (errno === this.#host.system.constants.EAGAIN) {
      this.#mayWait = false;
      return true;
    }
    const code = errnoCode(errno);
    const error = errnoError(errno, "Cannot accept a connection");
    if (EXHAUSTED.has(code)) {
      this.#rest();
      this.#events.paused(error);
      return true;
    }
    if (!FATAL.has(code)) return false;
    this.stop();
    this.#events.failed(error);
    return true;
  }

  #rest(): void {
    const { poller } = this.#host;
    const wake = (): void => {
      this.#endPause();
      this.#goLater();
    };
    this.#pause = { timer: poller.after(ACCEPT_PAUSE_MS, wake), forget: poller.onceFreed(wake) };
  }

  #endPause(): void {
    this.#pause?.timer.cancel();
    this.#pause?.forget();
    this.#pause = null;
  }
}
