/**
 * Clients of real sockets that know whether their connection lives: what they send comes back, or the other end has
 * closed it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect, type NetConnectOpts, type Socket } from "node:net";

/** How long an answer may take on a loaded machine before a connection counts as deaf. */
const ANSWER_MS = 5_000;

/** How a connection fares. */
export type Fate = "answers" | "closed" | "deaf";

/** A connection, of TCP or a path, to something that sends back what comes. */
export class LiveClient {
  readonly #socket: Socket;
  readonly #waiters = new Set<() => void>();
  #sent = 0;
  #back = 0;
  #closed = false;

  constructor(place: number | NetConnectOpts) {
    this.#socket = typeof place === "number" ? connect(place, "127.0.0.1") : connect(place);
    this.#socket.on("data", (octets) => this.#heard(() => this.#back += octets.length));
    this.#socket.on("end", () => this.#heard(() => this.#closed = true));
    this.#socket.on("close", () => this.#heard(() => this.#closed = true));
    // Reported by `close` as well.
    this.#socket.on("error", () => {});
  }

  /** True once the other end has closed it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Waits until it is connected. */
  async connected(): Promise<void> {
    while (this.#socket.connecting) await new Promise((resolve) => this.#socket.once("ready", resolve));
  }

  /** Waits for an answer. */
  async answered(): Promise<void> {
    assert.equal(await this.fate(), "answers");
  }

  /** Sends something, and waits for it to come back, or for the end. */
  async fate(): Promise<Fate> {
    const desired = ++this.#sent;
    if (!this.#closed) this.#socket.write("x");
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.resolve(), ANSWER_MS);
    const done = () => this.#closed || this.#back >= desired;
    while (!done()) {
      const change = Promise.withResolvers<void>();
      this.#waiters.add(change.resolve);
      const isLate = await Promise.race([change.promise, late.promise.then(() => true)]);
      this.#waiters.delete(change.resolve);
      if (isLate === true) break;
    }
    clearTimeout(timer);
    return this.#closed ? "closed" : this.#back >= desired ? "answers" : "deaf";
  }

  /** Ends our side. */
  close(): void {
    this.#socket.destroy();
  }

  #heard(note: () => void): void {
    note();
    for (const waiter of this.#waiters) waiter();
  }
}
