/**
 * A connection on Bun.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Octets } from "../../socket/socket.ts";
import { UNSET_UPPER } from "../core/unset_owner.ts";
import type { SocketOptions } from "../core/socket_options.ts";
import { resetError } from "../core/stream_rules.ts";
import type { Ending, StreamConnection, StreamUpper } from "../core/stream_transport.ts";
import { localOf } from "./calls.ts";
import type { BunReader, OwnDirection, ReaderEvents } from "./reader.ts";
import type { Wire } from "./types.ts";
import { BunWriter } from "./writer.ts";

/** A connection, TCP or unix. */
export class BunConnection implements StreamConnection, ReaderEvents {
  readonly kind = "connected";
  readonly peer: SocketAddress;
  readonly options: SocketOptions;
  upper: StreamUpper = UNSET_UPPER;
  readonly #reader: BunReader;
  readonly #wire: Wire;
  readonly #writer: BunWriter;
  /** Its address if Bun does not report one. */
  readonly #bound: SocketAddress;
  /** Its own address, once it was read: Bun asks the system each time. */
  #local: SocketAddress | null = null;
  /** The system has closed the connection meanwhile. */
  #isGone = false;
  #isFinishing = false;
  #isClosed = false;

  constructor(
    reader: BunReader,
    { pool, options, local, peer }: {
      pool: BufferPool;
      options: SocketOptions;
      local: SocketAddress;
      peer: SocketAddress;
    },
  ) {
    this.#reader = reader;
    this.#wire = reader.wire;
    this.#bound = local;
    this.peer = peer;
    this.options = options;
    this.#writer = new BunWriter(pool, () => this.upper.drained());
    reader.attach(this);
    for (const option of options.all) this.applyOption(option);
    this.#writer.start(this.#wire);
  }

  get local(): SocketAddress {
    if (!this.#isClosed) this.#local ??= localOf(this.#wire);
    return this.#local ?? this.#bound;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  send(octets: Octets): void | false {
    if (!this.#isGone) return this.#writer.send(octets);
    queueMicrotask(() => this.upper.failed(resetError("Connection has failed")));
  }

  end(): void {
    this.#writer.end();
  }

  resume(): void {
    this.#reader.resume();
  }

  /**
   * Bytes that arrive meanwhile are read and dropped: closing with unread bytes would cause a reset, and lose written
   * bytes.
   */
  finish(): boolean {
    if (!this.#writer.busy || this.#isGone) return false;
    this.#isFinishing = true;
    this.#reader.resume();
    this.#reader.stop();
    return true;
  }

  applyOption({ option, value }: SocketOption): void {
    const wire = this.#wire;
    if (option === "TCP_NODELAY") wire.setNoDelay(value !== 0);
    if (option === "SO_KEEPALIVE") wire.setKeepAlive(value !== 0, this.#keepAliveMs);
    if (option === "TCP_KEEPIDLE" && this.options.isOn("SO_KEEPALIVE")) wire.setKeepAlive(true, this.#keepAliveMs);
    if (option === "IP_TOS" && typeof value === "number") wire.setTypeOfService(value);
  }

  close(how: Ending): null {
    this.#isClosed = true;
    this.#reader.stop();
    if (how !== "closed" || this.#isFinishing) this.#writer.stop();
    if (how === "closed") this.#wire.end();
    else this.#wire.terminate();
    return null;
  }

  // Reading

  receive(octets: Octets): void | false {
    return this.upper.arrived(octets);
  }

  ended(): void {
    this.upper.ended();
  }

  drained(): void {
    this.#writer.write();
    if (this.#isFinishing && !this.#isClosed && !this.#writer.busy) this.upper.flushed();
  }

  broken(): boolean {
    return this.#writer.broken;
  }

  closed(): OwnDirection {
    this.#isGone = true;
    if (this.#isFinishing) {
      if (!this.#isClosed) this.upper.flushed();
      return "ended";
    }
    if (this.#writer.broken || this.#writer.queuedBytes > 0) return "cut";
    return this.#writer.ended ? "ended" : "open";
  }

  failed(error: NetgraphError): void {
    this.upper.failed(error);
  }

  get #keepAliveMs(): number {
    return this.options.number("TCP_KEEPIDLE") * 1000;
  }
}
