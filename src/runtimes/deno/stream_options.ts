/**
 * Socket options of streams on Deno: what `Deno.listen` takes, and the two setters of a TCP connection.
 *
 * TCP_NODELAY is on unless it is turned off: a relay passes on what it has, and would otherwise wait for an
 * acknowledgement before each small piece.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { SocketKind } from "../../socket/capability.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";
import { requireOn, SocketOptions } from "../socket_options.ts";

const DEFAULTS = { TCP_NODELAY: 1, SO_REUSEADDR: 1 } as const;

/** The options of one stream socket. */
export class DenoStreamOptions {
  readonly #options: SocketOptions;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** The options of a socket on which none was set. */
  static of(kind: SocketKind): DenoStreamOptions {
    return new DenoStreamOptions(new SocketOptions(kind, DENO_CAPABILITIES, { defaults: DEFAULTS }));
  }

  /** What listen takes. */
  get reusePort(): boolean {
    return this.#options.number("SO_REUSEPORT") !== 0;
  }

  /**
   * Sets an option.
   *
   * @param made true when the system's socket exists
   */
  set(option: SocketOption, made: boolean): void {
    requireOn(option, ["SO_REUSEADDR"]);
    if (made && option.option === "SO_REUSEPORT") {
      throw new NetgraphError("EINVAL", "Cannot set SO_REUSEPORT: it must come before listen");
    }
    this.#options.set(option);
  }

  /** Reads an option. */
  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /** Gives a connection its options. */
  apply(conn: Deno.TcpConn | Deno.UnixConn): void {
    if (!("setNoDelay" in conn)) return;
    try {
      if (this.#options.number("TCP_NODELAY") !== 0) conn.setNoDelay(true);
      if (this.#options.number("SO_KEEPALIVE") !== 0) conn.setKeepAlive(true);
    } catch {
      // The peer has reset the connection already, which the first read or write tells.
    }
  }

  /**
   * Gives a living connection the values that are set now, also those that are off.
   *
   * Deno 2.9.6 throws "Unable to get resources" while a write or the end is in flight, so the writer calls it between
   * two writes.
   */
  renew(conn: Deno.TcpConn | Deno.UnixConn): void {
    if (!("setNoDelay" in conn)) return;
    try {
      conn.setNoDelay(this.#options.number("TCP_NODELAY") !== 0);
      conn.setKeepAlive(this.#options.number("SO_KEEPALIVE") !== 0);
    } catch {
      // The connection has ended: the next read or write reports it.
    }
  }

  /** What a connection has of its listener. */
  inherited(): DenoStreamOptions {
    return new DenoStreamOptions(this.#options.inherited());
  }
}
