/**
 * The parts that the TLS sockets of one runtime share. Created when TLS is first used.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, type SharedBuffer } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import { TlsContexts } from "../tls/contexts.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { newOutQueue, type OutQueue } from "./out_queue.ts";
import type { StreamConnection, StreamUpper } from "./stream_transport.ts";

/** How long a peer has to take an alert, in milliseconds. */
const FAREWELL_MS = 1_000;

/** Its dependencies. */
export interface TlsBase {
  readonly clock: Clock;
  readonly pool: BufferPool;
  /** Calls `call` on a later turn. */
  later(call: () => void): void;
}

/** Contexts, buffers, and the connections that only wait for an alert to arrive. */
export class TlsHost {
  readonly base: TlsBase;
  readonly contexts: TlsContexts;
  readonly #farewells = new Set<Farewell>();
  #plain: SharedBuffer | null = null;
  #cipher: SharedBuffer | null = null;

  constructor(base: TlsBase) {
    this.base = base;
    this.contexts = new TlsContexts(base.clock);
  }

  /** The buffer for plain text, which is lent until the next: the last one, unless its content is still needed. */
  plainBuffer(): SharedBuffer {
    return this.#plain = this.#free(this.#plain);
  }

  /** The same for cipher text. */
  cipherBuffer(): SharedBuffer {
    return this.#cipher = this.#free(this.#cipher);
  }

  /** A queue for plain text that is sent before the handshake is complete. */
  newQueue(endpoint: Endpoint): OutQueue {
    return newOutQueue(endpoint, this.base.pool);
  }

  /** Closes a connection behind an alert: closed with unread input, the system would drop the alert. */
  closeBehindAlert(connection: StreamConnection): void {
    const farewell = new Farewell(connection, this.base.clock, () => this.#farewells.delete(farewell));
    this.#farewells.add(farewell);
    farewell.begin();
  }

  /** Gives everything back, once no socket is left. */
  close(): Promise<void> {
    const closing = [...this.#farewells].map((farewell) => farewell.close());
    this.contexts.close();
    return Promise.all(closing).then(() => {});
  }

  #free(last: SharedBuffer | null): SharedBuffer {
    if (last !== null && last.exclusive) return last;
    last?.release();
    return this.base.pool.take(BUFFER_SIZES[2]);
  }
}

/** A connection that has ended for its owner: it reads until the peer ends too, so that the peer gets the alert. */
class Farewell implements StreamUpper {
  readonly #connection: StreamConnection;
  readonly #clock: Clock;
  readonly #done: () => void;
  #close: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  constructor(connection: StreamConnection, clock: Clock, done: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#done = done;
  }

  begin(): void {
    const timer = this.#clock.after(FAREWELL_MS, () => void this.close());
    this.#close = () => timer.cancel();
    this.#connection.upper = this;
    this.#connection.end();
    this.#connection.resume();
  }

  /** Closes it now. */
  close(): Promise<void> | null {
    const cancel = this.#close;
    if (cancel === null) return this.#closed;
    this.#close = null;
    cancel();
    this.#done();
    return this.#closed = this.#connection.close("closed");
  }

  arrived(): void {}

  ended(): void {
    void this.close();
  }

  drained(): void {}

  flushed(): void {}

  failed(): void {
    void this.close();
  }
}
