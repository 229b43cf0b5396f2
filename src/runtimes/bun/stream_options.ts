/**
 * Socket options of streams on Bun: what `Bun.listen` takes, and the setters of a connection.
 *
 * TCP_NODELAY is on unless it is turned off, as Bun has it: a relay passes on what it has, and would otherwise wait for
 * an acknowledgement before each small piece.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketKind } from "../../socket/capability.ts";
import type { SocketOption } from "../../socket/option.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import type { Wire } from "./types.ts";
import { requireOn, SocketOptions } from "../socket_options.ts";

const DEFAULTS = { TCP_NODELAY: 1, SO_REUSEADDR: 1 } as const;

/** What must be known when the system's socket is made. */
const BEFORE_LISTEN: readonly (string | null)[] = ["SO_REUSEPORT", "IPV6_V6ONLY"];

/** The options of one stream socket. */
export class BunStreamOptions {
  readonly #options: SocketOptions;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** The options of a socket on which none was set. */
  static of(kind: SocketKind): BunStreamOptions {
    return new BunStreamOptions(new SocketOptions(kind, BUN_CAPABILITIES, { defaults: DEFAULTS }));
  }

  /** What listen takes. */
  get reusePort(): boolean {
    return this.#options.number("SO_REUSEPORT") !== 0;
  }

  /** What listen takes. */
  get ipv6Only(): boolean {
    return this.#options.number("IPV6_V6ONLY") !== 0;
  }

  /**
   * Sets an option.
   *
   * @param made true when the system's socket exists
   */
  set(option: SocketOption, made: boolean): void {
    requireOn(option, ["SO_REUSEADDR"]);
    if (made && BEFORE_LISTEN.includes(option.option)) {
      throw new NetgraphError("EINVAL", `Cannot set ${option.option}: it must come before listen`);
    }
    this.#options.set(option);
  }

  /** Reads an option. */
  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /** Gives a connection its options. */
  apply(wire: Wire): void {
    for (const option of this.#options.all) this.change(wire, option);
  }

  /** Changes what a living connection has. */
  change(wire: Wire, { option, value }: SocketOption): void {
    if (option === "TCP_NODELAY") wire.setNoDelay(value !== 0);
    if (option === "SO_KEEPALIVE") wire.setKeepAlive(value !== 0, this.#options.number("TCP_KEEPIDLE") * 1000);
    if (option === "TCP_KEEPIDLE" && this.#options.number("SO_KEEPALIVE") !== 0) {
      wire.setKeepAlive(true, this.#options.number("TCP_KEEPIDLE") * 1000);
    }
    if (option === "IP_TOS" && typeof value === "number") wire.setTypeOfService(value);
  }

  /** What a connection has of its listener. */
  inherited(): BunStreamOptions {
    return new BunStreamOptions(this.#options.inherited());
  }
}
