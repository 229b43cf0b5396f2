/**
 * Requests one connection after the other from a listening socket, as long as more can be accepted.
 *
 * @module
 */

import type { Socket } from "../../../socket/socket.ts";
import { discardingOwner } from "../socket_owners.ts";

/** The source and the receiver of connections. */
export interface AcceptRequestsOptions {
  /** Requests one from the socket; the connection may be passed from within. */
  readonly request: () => void;
  readonly wantsMore: () => boolean;
  readonly take: (child: Socket) => void;
}

/** The requests of one listener. */
export class AcceptRequests {
  readonly #options: AcceptRequestsOptions;
  /** `requested`: the socket will deliver one connection. */
  #state: "idle" | "requested" | "closed" = "idle";
  /** True while {@linkcode AcceptRequests.next} runs: it handles connections from within. */
  #running = false;
  /**
   * A requested connection that arrived when no more could be accepted (`max` was lowered, the target was removed): it
   * waits, like those in the system's queue.
   */
  #heldBack: Socket | null = null;

  constructor(options: AcceptRequestsOptions) {
    this.#options = options;
  }

  /** Requests the next connection if one can be accepted. */
  next(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#state === "idle" && this.#options.wantsMore()) {
      const child = this.#heldBack;
      this.#heldBack = null;
      if (child !== null) this.#options.take(child);
      else {
        this.#state = "requested";
        this.#options.request();
      }
    }
    this.#running = false;
  }

  /** A connection has arrived. */
  arrived(child: Socket): void {
    if (this.#state === "closed") return child.abort();
    this.#state = "idle";
    if (this.#options.wantsMore()) this.#options.take(child);
    else this.#holdBack(child);
    this.next();
  }

  /**
   * Stops requesting.
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
