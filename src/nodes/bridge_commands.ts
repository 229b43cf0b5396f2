/**
 * bridge's messages: numbers and structs are netgraph's. As there, an omitted field of `setconfig` is 0.
 *
 * @module
 */

import { array } from "../ascii/array.ts";
import { enaddr } from "../ascii/hardware.ts";
import { int32, uint16, uint32, uint64, uint8 } from "../ascii/scalar.ts";
import { required, struct, withInitial } from "../ascii/struct.ts";
import { fixedString } from "../ascii/text.ts";
import type { AsciiType } from "../ascii/type.ts";
import { POLICY_COMMANDS, type PolicyCommands } from "../graph/fan_out/branch_policy.ts";
import type { Command, ConfigCommands } from "../graph/core/command.ts";
import type { CheckedMessage, Finding } from "../graph/core/node_type.ts";
import { type StatsCommands, statsCommands } from "./stats.ts";

/** The configuration of a bridge; times are in seconds. */
export interface BridgeConfig {
  /** netgraph's debug level; a loop is counted and reported regardless of it. */
  readonly debugLevel: number;
  /** How long a link is muted after a loop was found. */
  readonly loopTimeout: number;
  /** The time without frames after which a host is removed. */
  readonly maxStaleness: number;
  /** A host that changes its link sooner than this is a sign of a loop. */
  readonly minStableAge: number;
}

/** The counts of one link. */
export interface BridgeStats {
  readonly recvOctets: bigint;
  readonly recvPackets: bigint;
  readonly recvMulticast: bigint;
  readonly recvBroadcast: bigint;
  /** To an unknown host. */
  readonly recvUnknown: bigint;
  /** Too short for a frame. */
  readonly recvRunts: bigint;
  /** With a multicast address as sender. */
  readonly recvInvalid: bigint;
  readonly xmitOctets: bigint;
  readonly xmitPackets: bigint;
  readonly xmitMulticasts: bigint;
  readonly xmitBroadcasts: bigint;
  /** Dropped because of a loop. */
  readonly loopDrops: bigint;
  /** Loops found. */
  readonly loopDetects: bigint;
  /** Hosts that were not learned because the table was full. */
  readonly memoryFailures: bigint;
}

/** A host that a bridge has learned. */
export interface BridgeHost {
  readonly addr: string;
  /** Seconds since it was learned at its link. */
  readonly age: number;
  /** Seconds since it was last seen. */
  readonly staleness: number;
  /** Its link. */
  readonly hook: string;
}

/** The place of a host, set manually. */
export interface BridgeMove {
  readonly addr: string;
  /** Its link; empty for the one at which the message arrives. */
  readonly hook: string;
}

/** All hosts. */
export interface BridgeTable {
  readonly numHosts: number;
  readonly hosts: readonly BridgeHost[];
}

/** bridge's commands, by name. */
export type BridgeCommands = StatsCommands<number, BridgeStats> & ConfigCommands<BridgeConfig> & {
  readonly reset: Command<null, null>;
  readonly gettable: Command<null, BridgeTable>;
  readonly setpersistent: Command<null, null>;
  readonly movehost: Command<BridgeMove, null>;
} & PolicyCommands;

/** The default configuration. */
export const DEFAULT_CONFIG: BridgeConfig = { debugLevel: 1, loopTimeout: 60, maxStaleness: 900, minStableAge: 1 };

/** The type of a configuration, with netgraph's layout. */
export const bridgeConfig: AsciiType<BridgeConfig> = struct({
  debugLevel: withInitial(uint8, 0, "For compatibility with netgraph; no effect", {
    default: DEFAULT_CONFIG.debugLevel,
  }),
  loopTimeout: withInitial(uint32, 0, "Time for which a link with a loop is muted", {
    unit: "s",
    default: DEFAULT_CONFIG.loopTimeout,
  }),
  maxStaleness: withInitial(uint32, 0, "Time without frames after which a host is removed", {
    unit: "s",
    default: DEFAULT_CONFIG.maxStaleness,
  }),
  minStableAge: withInitial(uint32, 0, "A host that changes its link within this time indicates a loop", {
    unit: "s",
    default: DEFAULT_CONFIG.minStableAge,
  }),
});
const stats: AsciiType<BridgeStats> = struct({
  recvOctets: uint64,
  recvPackets: uint64,
  recvMulticast: uint64,
  recvBroadcast: uint64,
  recvUnknown: uint64,
  recvRunts: uint64,
  recvInvalid: uint64,
  xmitOctets: uint64,
  xmitPackets: uint64,
  xmitMulticasts: uint64,
  xmitBroadcasts: uint64,
  loopDrops: uint64,
  loopDetects: uint64,
  memoryFailures: uint64,
});
const host: AsciiType<BridgeHost> = struct({
  addr: required(enaddr),
  age: uint16,
  staleness: uint16,
  hook: fixedString(32),
});
const table: AsciiType<BridgeTable> = struct({ numHosts: uint32, hosts: array(host) });

/** bridge's commands. */
export const BRIDGE_COMMANDS: BridgeCommands = {
  setconfig: {
    id: 1,
    summary: "How long hosts are remembered and loops muted; a field that is left out is 0",
    args: bridgeConfig,
    reply: null,
    kind: "setting",
    cost: "live",
    reset: () => DEFAULT_CONFIG,
    readBack: { query: "getconfig", matches: (wanted, reply) => isConfig(reply) && textOf(reply) === textOf(wanted) },
  },
  getconfig: {
    id: 2,
    summary: "How long hosts are remembered and loops muted",
    args: null,
    reply: bridgeConfig,
    kind: "query",
    cost: "live",
  },
  reset: {
    id: 3,
    summary: "Forgets hosts, mutes and counts",
    args: null,
    reply: null,
    kind: "action",
    cost: "replace",
  },
  ...statsCommands({
    firstId: 4,
    whose: "a link",
    argument: { summary: "The link's number; -1 is uplink1" },
    args: int32,
    reply: stats,
  }),
  gettable: {
    id: 7,
    summary: "The known hosts and their links",
    args: null,
    reply: table,
    kind: "query",
    cost: "live",
  },
  setpersistent: {
    id: 8,
    summary: "Keeps the bridge when its last hook is removed",
    args: null,
    reply: null,
    kind: "setting",
    cost: "live",
    // A declared node stays after its last hook is removed.
    impliedWhenDeclared: true,
  },
  movehost: {
    id: 9,
    summary: "Sets the link of a host; without a link, the one at which the message arrives",
    args: struct({
      addr: required(enaddr, "The host's hardware address"),
      hook: withInitial(fixedString(32), "", "The link"),
    }),
    reply: null,
    kind: "action",
    cost: "live",
    // Entries of the table expire: a topology with them would soon differ from the running state.
    imperativeOnly: true,
  },
  ...POLICY_COMMANDS,
};

/** The problems of a declared bridge: one whose entries expire immediately, and a stream, which has no frames. */
export function checkBridge(messages: readonly CheckedMessage[]): readonly Finding[] {
  const findings = messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    if (command !== "setconfig" || !isConfig(args) || args.maxStaleness > 0) return [];
    const message = 'Field "maxStaleness" is 0, so that hosts are forgotten at once and all frames go everywhere';
    const hint = "a field of setconfig that is left out is 0; netgraph's usual is 900";
    return [{ severity: "warning", code: "forgets-hosts", message, messageIndex, hint }];
  });
  const message = "A bridge treats each item as an Ethernet frame, and a stream has no items";
  const hint = "put a frame node before it";
  return [...findings, { severity: "warning", code: "needs-items", message, messageIndex: null, hint, onStream: true }];
}

function textOf(config: BridgeConfig): string {
  return bridgeConfig.format(config);
}

function isConfig(value: unknown): value is BridgeConfig {
  return typeof value === "object" && value !== null && "maxStaleness" in value && "minStableAge" in value;
}
