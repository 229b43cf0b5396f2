/**
 * What the sockets of one in-memory network share, whatever they are.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Faults } from "./faults.ts";
import type { TurnQueue } from "./turns.ts";
import type { SocketOptions } from "../socket_options.ts";
import type { SocketRegistry } from "../socket_registry.ts";

/** The shared parts. */
export interface MemoryHost {
  readonly clock: Clock;
  readonly pool: BufferPool;
  readonly turns: TurnQueue;
  readonly faults: Faults;
  readonly registry: SocketRegistry;
  /** False for an address that was taken down. */
  reachable(address: SocketAddress): boolean;
  /** Counts a datagram that nobody took. */
  lost(): void;
}

const JOIN_OF: Readonly<Record<string, string>> = {
  IP_DROP_MEMBERSHIP: "IP_ADD_MEMBERSHIP",
  IPV6_LEAVE_GROUP: "IPV6_JOIN_GROUP",
};

/** Remembers an option; leaving a group forgets that it was joined. */
export function setMemoryOption(host: MemoryHost, options: SocketOptions, option: SocketOption): void {
  host.faults.check("setopt", option.option ?? `${option.level}:${option.name}`);
  options.require(option, "set");
  const join = JOIN_OF[option.option ?? ""];
  if (join === undefined) options.set(option);
  else options.leave({ ...option, option: join });
}
