/**
 * One end of a connection in memory: it writes to one pipe, and reads from the pipe of the other end.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets } from "../../socket/socket.ts";
import type { Ending, StreamConnection, StreamUpper } from "../core/stream_transport.ts";
import type { MemoryHost, MemoryOptions } from "./host.ts";
import { MemoryPipe } from "./pipe.ts";

/** Shared by all connections. */
export interface MemoryConnectionHost extends MemoryHost {
  /** The open ends. */
  readonly connections: { add(end: MemoryConnection): void; delete(end: MemoryConnection): void };
}

/** One end of a connection. */
export class MemoryConnection implements StreamConnection {
  readonly kind = "connected";
  readonly local: SocketAddress;
  readonly peer: SocketAddress;
  readonly options: MemoryOptions;
  isClosed = false;
  readonly #host: MemoryConnectionHost;
  readonly #outgoing: MemoryPipe;
  /** Null until it is accepted. */
  #upper: StreamUpper | null = null;
  #other: MemoryConnection | null = null;
  #ended: (() => void) | null = null;
  #isFinishing = false;

  constructor(
    host: MemoryConnectionHost,
    { local, peer, options }: { local: SocketAddress; peer: SocketAddress; options: MemoryOptions },
  ) {
    this.#host = host;
    this.local = local;
    this.peer = peer;
    this.options = options;
    this.#outgoing = new MemoryPipe(host, {
      drained: () => this.#isFinishing || this.#upper?.drained(),
      flushed: () => this.#isFinishing && this.#upper?.flushed(),
    });
    host.connections.add(this);
  }

  get upper(): StreamUpper {
    if (this.#upper === null) throw new TypeError("This connection has not been accepted yet");
    return this.#upper;
  }

  set upper(upper: StreamUpper) {
    this.#upper = upper;
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes;
  }

  get ackedBytes(): number {
    return this.#outgoing.takenBytes;
  }

  /**
   * Connects both ends.
   *
   * @param ended is called when this end is closed
   */
  join(other: MemoryConnection, ended: () => void): void {
    this.#ended = ended;
    this.#meet(other);
    other.#meet(this);
  }

  send(octets: Octets): void | false {
    if (this.#other?.isClosed === false) return this.#outgoing.send(octets);
    this.#host.turns.post(() => this.#fail("ECONNRESET"));
  }

  end(): void {
    this.#outgoing.end();
  }

  resume(): void {
    const other = this.#other;
    if (other !== null) other.#outgoing.resume();
  }

  finish(): boolean {
    const other = this.#other;
    if (this.#outgoing.done || other === null || other.isClosed) return false;
    this.#isFinishing = true;
    this.#outgoing.end();
    other.#outgoing.discard();
    return true;
  }

  close(how: Ending): null {
    if (this.isClosed) return null;
    this.isClosed = true;
    this.#host.connections.delete(this);
    this.#ended?.();
    const { done } = this.#outgoing;
    this.#outgoing.cut();
    const other = this.#other;
    if (other === null) return null;
    // The peer is notified of data that it sent and that was not read.
    const isReset = how === "aborted" || (this.#isFinishing && other.#outgoing.lost);
    if (isReset || !done) this.#host.turns.post(() => other.#fail("ECONNRESET"));
    return null;
  }

  /** Loses the connection, as when the network between the ends fails. */
  lose(): void {
    this.#host.turns.post(() => this.#fail("ECONNRESET"));
  }

  #meet(other: MemoryConnection): void {
    this.#other = other;
    other.#outgoing.attach({
      arrived: (octets) => this.#upper?.arrived(octets),
      ended: () => this.#upper?.ended(),
    });
  }

  #fail(code: ErrorCode): void {
    if (this.isClosed) return;
    if (this.#upper === null) this.close("failed");
    else this.#upper.failed(new NetgraphError(code, `Cannot continue: ${errorText(code)}`));
  }
}
