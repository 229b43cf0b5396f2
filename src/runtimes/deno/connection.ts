/**
 * A connection on Deno. A write that meets a reset makes the reader deliver earlier data first.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets } from "../../socket/socket.ts";
import { withZoneOf } from "../core/endpoint_address.ts";
import { UNSET_UPPER } from "../core/unset_owner.ts";
import type { SocketOptions } from "../core/socket_options.ts";
import { RESET_CODES, resetError } from "../core/stream_rules.ts";
import type { StreamConnection, StreamUpper } from "../core/stream_transport.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { fromDenoAddress } from "./address.ts";
import type { DenoStreamConn } from "./calls.ts";
import { DenoReader } from "./reader.ts";
import { DenoWriter } from "./writer.ts";

/** A connection, TCP or unix. */
export class DenoConnection implements StreamConnection {
  readonly kind = "connected";
  readonly options: SocketOptions;
  upper: StreamUpper = UNSET_UPPER;
  readonly #conn: DenoStreamConn;
  /** The address that it was connected to. */
  readonly #target: SocketAddress | null;
  readonly #reader: DenoReader;
  readonly #writer: DenoWriter;
  #reset: NetgraphError | null = null;

  constructor(
    conn: DenoStreamConn,
    { pool, options, target }: { pool: BufferPool; options: SocketOptions; target: SocketAddress | null },
  ) {
    this.#conn = conn;
    this.#target = target;
    this.options = options;
    this.#reader = new DenoReader(conn, pool, {
      receive: (octets) => this.upper.arrived(octets),
      ended: () => this.#reset === null ? this.upper.ended() : this.upper.failed(this.#reset),
      failed: (error) => this.upper.failed(this.#reset ?? systemError(error, "Cannot read")),
    });
    this.#writer = new DenoWriter(pool, {
      drained: () => this.upper.drained(),
      failed: (error) => this.#writeFailed(error),
    });
    this.#setInitial();
    this.#writer.start(conn);
  }

  get local(): SocketAddress {
    return fromDenoAddress(this.#conn.localAddr);
  }

  get peer(): SocketAddress {
    return withZoneOf(this.#target, fromDenoAddress(this.#conn.remoteAddr));
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  send(octets: Octets): void | false {
    return this.#writer.send(octets);
  }

  end(): void {
    this.#writer.end();
  }

  resume(): void {
    this.#reader.resume();
  }

  finish(): boolean {
    if (!this.#writer.busy) return false;
    this.#reader.stop();
    void this.#writer.idle().then(() => this.upper.flushed());
    return true;
  }

  /** Deno 2.9.6 throws "Unable to get resources" while a write or the end is in flight. */
  applyOption(): void {
    this.#writer.between(() => this.#setAll());
  }

  /** A write that is in flight ends with the connection. */
  close(): Promise<void> | null {
    this.#reader.stop();
    this.#writer.stop();
    try {
      this.#conn.close();
    } catch (error) {
      // Closed already: with the end of both directions.
      if (systemErrorCode(error) !== "EBADF") throw error;
    }
    return this.#writer.busy || this.#reader.active ? this.#settle() : null;
  }

  #writeFailed(error: unknown): void {
    if (!RESET_CODES.has(systemErrorCode(error))) return this.upper.failed(systemError(error, "Cannot write"));
    this.#reset = resetError("Cannot write", { cause: error });
    if (!this.#reader.active) this.upper.failed(this.#reset);
  }

  async #settle(): Promise<void> {
    await this.#writer.idle();
    await this.#reader.idle();
  }

  /** Sets the options that are on; all are off at first. */
  #setInitial(): void {
    const conn = this.#conn;
    if (!("setNoDelay" in conn)) return;
    try {
      if (this.options.isOn("TCP_NODELAY")) conn.setNoDelay(true);
      if (this.options.isOn("SO_KEEPALIVE")) conn.setKeepAlive(true);
    } catch {
      // The peer has reset the connection already: the first read or write reports it.
    }
  }

  /** Sets all options, including those that are off. */
  #setAll(): void {
    const conn = this.#conn;
    if (!("setNoDelay" in conn)) return;
    try {
      conn.setNoDelay(this.options.isOn("TCP_NODELAY"));
      conn.setKeepAlive(this.options.isOn("SO_KEEPALIVE"));
    } catch {
      // The connection has ended: the next read or write reports it.
    }
  }
}
