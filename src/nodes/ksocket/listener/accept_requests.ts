/**
 * Asks a listening socket for one connection after the other, as long as more are wanted.
 *
 * @module
 */

import type { Socket } from "../../../socket/socket.ts";
import { discardingOwner } from "../socket_owners.ts";

/** Where connections come from and go to. */
export interface AcceptRequestsOptions {
  /** Asks the socket for one; the answer may come from within. */
  readonly request: () => void;
  readonly wantsMore: () => boolean;
  readonly take: (child: Socket) => void;
}

/** The requests of one listener. */
export class AcceptRequests {
  readonly #options: AcceptRequestsOptions;
  /** `asked`: the socket owes a connection. */
  #state: "idle" | "asked" | "closed" = "idle";
  /** True while {@linkcode AcceptRequests.next} runs: what comes from within is seen to by that. */
  #running = false;
  /**
   * What was asked for and came when it was no longer wanted (`max` was lowered, the target taken away): it waits, as
   * those in the system's queue do.
   */
  #heldBack: Socket | null = null;

  constructor(options: AcceptRequestsOptions) {
    this.#options = options;
  }

  /** Asks for the next connection if one is wanted. */
  next(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#state === "idle" && this.#options.wantsMore()) {
      const child = this.#heldBack;
      this.#heldBack = null;
      if (child !== null) this.#options.take(child);
      else {
        this.#state = "asked";
        this.#options.request();
      }
    }
    this.#running = false;
  }

  /** A connection has come. */
  arrived(child: Socket): void {
    if (this.#state === "closed") return child.abort();
    this.#state = "idle";
    if (this.#options.wantsMore()) this.#options.take(child);
    else this.#holdBack(child);
    this.next();
  }

  /**
   * Asks no more.
   *
   * @returns whether a connection was held back, which is reset
   */
  close(): boolean {
    this.#state = "closed";
    const child = this.#heldBack;
    this.#heldBack = null;
    child?.abort();
    return child !== null;
  }

  #holdBack(child: Socket): void {
    this.#heldBack = child;
    child.owner = discardingOwner(() => this.#heldBack = null);
  }
}
