/**
 * one2many's messages: numbers and structs are netgraph's, the numbers can be written as words.
 *
 * @module
 */

import { array } from "../ascii/array.ts";
import { parseText } from "../ascii/parse.ts";
import { enumeration, int32, numbered, uint64, uint8 } from "../ascii/scalar.ts";
import { optional, required, struct, withInitial } from "../ascii/struct.ts";
import type { AsciiType } from "../ascii/type.ts";
import { POLICY_COMMANDS, type PolicyCommands } from "../graph/fan_out/branch_policy.ts";
import type { FreebsdMessage } from "../graph/core/freebsd_form.ts";
import type { ConfigCommands } from "../graph/core/command.ts";
import type { MessageState } from "../graph/data/state.ts";
import { type StatsCommands, statsCommands } from "./stats.ts";

/** The greatest number of links. */
export const MAX_LINKS = 64;
/** The number of the hook `one`. */
export const ONE_LINK = -1;

/** The links that receive items from `one`: each in turn, all of them, the lowest one. */
export type XmitAlgorithm = "roundrobin" | "all" | "failover";
/** How a link is detected as down: only by the configuration, or also by a reset from it. */
export type FailAlgorithm = "manual" | "notify";

/** The configuration of a one2many. */
export interface One2ManyConfig {
  readonly xmitAlg: XmitAlgorithm;
  readonly failAlg: FailAlgorithm;
  /** By number, 0 for a disabled link; if absent, all links are enabled. */
  readonly enabledLinks?: readonly number[];
}

/** The counts of one link. */
export interface LinkStats {
  readonly recvOctets: bigint;
  readonly recvPackets: bigint;
  readonly xmitOctets: bigint;
  readonly xmitPackets: bigint;
  /** Items for which its queue had no room. */
  readonly memoryFailures: bigint;
}

/** one2many's commands, by name. */
export type One2ManyCommands = StatsCommands<number, LinkStats> & ConfigCommands<One2ManyConfig> & PolicyCommands;

/** The default configuration. */
export const DEFAULT_CONFIG: One2ManyConfig = { xmitAlg: "roundrobin", failAlg: "manual" };

const XMIT = { roundrobin: 1, all: 2, failover: 3 } as const;
const FAIL = { manual: 1, notify: 2 } as const;
const links = array(uint8, { length: MAX_LINKS });
const ALL_LINKS: readonly number[] = Array.from({ length: MAX_LINKS }, () => 1);

const config: AsciiType<One2ManyConfig> = struct({
  xmitAlg: withInitial(
    enumeration(XMIT),
    DEFAULT_CONFIG.xmitAlg,
    "The links that receive the input of hook one: each in turn, all, or the lowest",
    { shown: true },
  ),
  failAlg: withInitial(
    enumeration(FAIL),
    DEFAULT_CONFIG.failAlg,
    "What marks a link as down: enabledLinks only, or also a reset that it receives",
    { shown: true },
  ),
  enabledLinks: optional(links, "1 for each link that is used, from many0 on; 0 for one that is not", {
    absent: ALL_LINKS,
    defaultNote: "all are used",
  }),
});
/** The reply is the kernel's text: numbers, and the links that are enabled. */
const configReply: AsciiType<One2ManyConfig> = struct({
  xmitAlg: required(numbered(XMIT)),
  failAlg: required(numbered(FAIL)),
  enabledLinks: links,
});
const linkStats: AsciiType<LinkStats> = struct({
  recvOctets: uint64,
  recvPackets: uint64,
  xmitOctets: uint64,
  xmitPackets: uint64,
  memoryFailures: uint64,
});

/** one2many's commands. */
export const ONE2MANY_COMMANDS: One2ManyCommands = {
  setconfig: {
    id: 0,
    summary: "The links that receive items from one; replaces the earlier configuration",
    args: config,
    reply: null,
    kind: "setting",
    cost: "live",
    reset: () => DEFAULT_CONFIG,
    readBack: { query: "getconfig", matches: (wanted, reply) => matchesConfig(wanted, reply) },
  },
  getconfig: {
    id: 1,
    summary: "The links that receive items from one",
    args: null,
    reply: configReply,
    kind: "query",
    cost: "live",
  },
  ...statsCommands({
    firstId: 2,
    whose: "a link",
    argument: { summary: "The link's number; -1 is the hook one" },
    args: int32,
    reply: linkStats,
  }),
  ...POLICY_COMMANDS,
};

function matchesConfig(wanted: One2ManyConfig, reply: unknown): boolean {
  if (!isConfig(reply) || reply.xmitAlg !== wanted.xmitAlg || reply.failAlg !== wanted.failAlg) return false;
  const { enabledLinks } = wanted;
  return enabledLinks === undefined ||
    enabledLinks.every((on, link) => (on !== 0) === (reply.enabledLinks?.[link] !== 0));
}

function isConfig(value: unknown): value is One2ManyConfig {
  return typeof value === "object" && value !== null && "xmitAlg" in value && "failAlg" in value;
}

/** The kernel expects numbers, and enables only links that are named. */
export function kernelConfig(argument: string | null): FreebsdMessage {
  const { xmitAlg, failAlg, enabledLinks = ALL_LINKS } = parseText(config, argument ?? "{}");
  return { command: "setconfig", argument: configReply.format({ xmitAlg, failAlg, enabledLinks }) };
}

/** If all links are enabled, they need not be named here. */
export function shortConfig(message: MessageState): MessageState {
  if (message.command !== "setconfig" || message.argument === null) return message;
  const { enabledLinks, ...rest } = parseText(config, message.argument);
  const all = enabledLinks?.length === MAX_LINKS && enabledLinks.every((on) => on !== 0);
  return all ? { command: "setconfig", argument: config.format(rest) } : message;
}
