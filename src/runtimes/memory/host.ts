/**
 * Shared by the sockets of one in-memory network, of all kinds.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";
import type { SocketKind } from "../../socket/capability.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { type OptionRules, SocketOptions } from "../core/socket_options.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import { MEMORY_CAPABILITIES } from "./capabilities.ts";
import type { Faults } from "./faults.ts";
import type { TurnQueue } from "./turns.ts";

/** The shared parts. */
export interface MemoryHost extends SocketHost {
  readonly turns: TurnQueue;
  readonly faults: Faults;
  /** False for an address that was disabled. */
  reachable(address: SocketAddress): boolean;
  /** Counts a datagram that no socket received. */
  lost(): void;
}

const RULES: OptionRules = {
  capabilities: MEMORY_CAPABILITIES,
  defaults: {},
  alwaysOn: [],
  early: [],
  madeBy: "bind",
};

/** The options of one socket: they are remembered, unless a fault is armed. */
export class MemoryOptions implements OptionStore {
  readonly #host: MemoryHost;
  readonly #options: SocketOptions;

  constructor(host: MemoryHost, of: SocketKind | SocketOptions) {
    this.#host = host;
    this.#options = typeof of === "string" ? new SocketOptions(of, RULES) : of;
  }

  /** Whether the address may be shared with others that agree (SO_REUSEPORT). */
  get share(): boolean {
    return this.#options.isOn("SO_REUSEPORT");
  }

  set(option: SocketOption, made: boolean): void {
    this.#host.faults.check("setopt", option.option ?? `${option.level}:${option.name}`);
    this.#options.set(option, made);
  }

  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /** The options that a connection inherits from its listener. */
  inherited(): MemoryOptions {
    return new MemoryOptions(this.#host, this.#options.inherited());
  }
}
