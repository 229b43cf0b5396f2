/**
 * Socket options of datagrams on Bun: the flags of a bind, and the setters of a UDP socket.
 *
 * @module
 */

import { optionKey, type SocketOption } from "../../socket/option.ts";
import type { OptionValue } from "../../socket/option_value.ts";
import { hasGroup, type OptionRules, type SocketOptions } from "../core/socket_options.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import { systemError } from "../system_error.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { type BunDatagrams, UDP_FLAGS } from "./types.ts";

/** What must be known when the system's socket is bound. */
const FLAG_OF: Readonly<Record<string, number>> = {
  SO_REUSEPORT: UDP_FLAGS.reusePort,
  SO_REUSEADDR: UDP_FLAGS.reuseAddress,
  IPV6_V6ONLY: UDP_FLAGS.ipv6Only,
};

/** The defaults of the system. */
export const DATAGRAM_RULES: OptionRules = {
  capabilities: BUN_CAPABILITIES,
  defaults: {
    IP_TTL: 64,
    IP_MULTICAST_IF: "0.0.0.0",
    IP_MULTICAST_TTL: 1,
    IP_MULTICAST_LOOP: 1,
    IPV6_UNICAST_HOPS: 64,
    IPV6_MULTICAST_HOPS: 1,
    IPV6_MULTICAST_LOOP: 1,
  },
  alwaysOn: [],
  early: Object.keys(FLAG_OF),
  madeBy: "bind",
};

/** The options of one datagram socket. */
export class BunDatagramOptions implements OptionStore {
  readonly #options: SocketOptions;
  /** The system's socket, once there is one. */
  #datagrams: BunDatagrams | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** The arguments of a bind. */
  get flags(): number {
    let flags = 0;
    for (const [name, flag] of Object.entries(FLAG_OF)) if (this.#options.isOn(name)) flags |= flag;
    return flags;
  }

  /** @throws NetgraphError also errors of the system */
  set(option: SocketOption, made: boolean): void {
    this.#options.check(option, made);
    if (this.#datagrams !== null) apply(option, this.#datagrams);
    this.#options.note(option);
  }

  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /**
   * Sets the options of a new socket.
   *
   * @throws NetgraphError the error of the system
   */
  applyTo(datagrams: BunDatagrams): void {
    for (const option of this.#options.all) apply(option, datagrams);
    this.#datagrams = datagrams;
  }
}

function apply(option: SocketOption, datagrams: BunDatagrams): void {
  try {
    applyValue(option.option ?? "", option.value ?? 0, datagrams);
  } catch (error) {
    throw systemError(error, `Cannot set ${optionKey(option)}`);
  }
}

function applyValue(name: string, value: OptionValue, datagrams: BunDatagrams): void {
  switch (name) {
    case "SO_BROADCAST":
      return void datagrams.setBroadcast(value !== 0);
    case "IP_TTL":
    case "IPV6_UNICAST_HOPS":
      return void datagrams.setTTL(numberOf(value));
    case "IP_MULTICAST_TTL":
    case "IPV6_MULTICAST_HOPS":
      return void datagrams.setMulticastTTL(numberOf(value));
    case "IP_MULTICAST_LOOP":
    case "IPV6_MULTICAST_LOOP":
      return void datagrams.setMulticastLoopback(value !== 0);
    case "IP_MULTICAST_IF":
    case "IPV6_MULTICAST_IF":
      return void datagrams.setMulticastInterface(interfaceOf(value));
    case "IP_ADD_MEMBERSHIP":
    case "IPV6_JOIN_GROUP":
      if (hasGroup(value)) datagrams.addMembership(value.group, interfaceOf(value.interface));
      return;
    case "IP_DROP_MEMBERSHIP":
    case "IPV6_LEAVE_GROUP":
      if (hasGroup(value)) datagrams.dropMembership(value.group, interfaceOf(value.interface));
      return;
  }
}

/** An interface as an argument for Bun: its IPv4 address, or its number as a zone without an address. */
function interfaceOf(value: OptionValue): string {
  return typeof value === "string" ? value : `::%${numberOf(value)}`;
}

function numberOf(value: OptionValue): number {
  return typeof value === "number" ? value : 0;
}
