/**
 * pipe's messages: numbers, fields and structs are netgraph's. In addition, as text only, there are `loss`, a delay for
 * each direction, and counts of lost and duplicated items. An omitted field is unchanged; -1 resets it to its default,
 * and 0 means none.
 *
 * `wfq` and `drr` share the line among flows that the kernel distinguishes by their IP headers at `header_offset`. Data
 * of sockets has no such headers, so it is all one flow, as in the kernel.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { readScalar } from "../ascii/part.ts";
import { bigInteger, flag32, integer, uint32, uint64 } from "../ascii/scalar.ts";
import { optional, struct, withInitial } from "../ascii/struct.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { FreebsdMessage } from "../graph/core/freebsd_form.ts";
import type { Command, SettingEntry } from "../graph/core/command.ts";
import type { CheckedMessage, Finding } from "../graph/core/node_type.ts";
import {
  DEFAULT_CONFIG,
  DEFAULT_LANE,
  type LaneConfig,
  OVERHEAD_NOTE,
  patchLane,
  type PipePatch,
  type PipeReply,
  replyOf,
} from "./pipe_config.ts";
import { type StatsCommands, statsCommands } from "./stats.ts";

/** The counts of one direction. */
export interface LaneStats {
  readonly FwdOctets: bigint;
  readonly FwdFrames: bigint;
  readonly queueDropOctets: bigint;
  readonly queueDropFrames: bigint;
  readonly delayDropOctets: bigint;
  readonly delayDropFrames: bigint;
  readonly lostFrames: bigint;
  readonly duplicateFrames: bigint;
}

/** The queue of one direction. */
export interface LaneRun {
  /** Flows with waiting items. */
  readonly queues: number;
  readonly queuedOctets: number;
  readonly queuedFrames: number;
  readonly delayedOctets: number;
  readonly delayedFrames: number;
}

/** The same for both directions. */
export interface BothWays<T> {
  readonly downstream: T;
  readonly upstream: T;
}

/** pipe's commands, by name. */
export type PipeCommands = StatsCommands<null, BothWays<LaneStats>> & {
  readonly getrun: Command<null, BothWays<LaneRun>>;
  readonly getcfg: Command<null, PipeReply>;
  readonly setcfg: Command<PipePatch, null>;
};

/** A number of 64 bits in binary, and -1 for the default; below `least` only 0 is allowed. */
function wide(max: number, least = 1): AsciiType<number> {
  const exact = bigInteger({ bits: 64, signed: true, min: -1, max });
  const type: AsciiType<number> = {
    description: exact.description,
    initial: 0,
    parse: (scanner) => {
      const { offset } = scanner.peek();
      const value = Number(exact.parse(scanner));
      if (value <= 0 || value >= least) return value;
      throw scanner.fail("EINVAL", `Number ${value} is less than ${least}`, { offset, length: String(value).length });
    },
    read: (literal) => readScalar(type, literal),
    format: (value) => exact.format(BigInt(value)),
    pack: (value, writer) => exact.pack(BigInt(value), writer),
    unpack: (reader) => Number(exact.unpack(reader)),
  };
  return type;
}

function narrow(max: number): AsciiType<number> {
  return integer({ bits: 32, signed: true, min: -1, max });
}

/** The kernel ignores a line that is slower. */
const bandwidth = wide(1_000_000_000, 100);
const delay = wide(9_999_999);
const ABSENT = { absent: 0 };
const UNSET = { absent: false };
const TEXT_ONLY = { textOnly: true };
const LANE = DEFAULT_LANE;
const lane = struct({
  bandwidth: optional(bandwidth, "Bandwidth", {
    ...ABSENT,
    unit: "bit/s",
    default: LANE.bandwidth,
    defaultNote: "the value for both directions",
  }),
  BER: optional(wide(Number.MAX_SAFE_INTEGER), "One bit error, which drops its item, per this number of bits", {
    ...ABSENT,
    unit: "bits",
    default: LANE.BER,
    defaultNote: "none",
  }),
  queuelen: optional(narrow(65_536), "Maximum number of items that wait for the line", {
    ...ABSENT,
    unit: "items",
    default: LANE.queuelen,
  }),
  delaylen: optional(narrow(65_536), "Maximum number of delayed items", {
    ...ABSENT,
    unit: "items",
    default: LANE.delaylen,
    defaultNote: "as many as there is memory for",
  }),
  duplicate: optional(narrow(100), "Percentage of items that are sent twice", {
    ...ABSENT,
    unit: "%",
    default: LANE.duplicate,
  }),
  fifo: optional(flag32, "Items leave in the order in which they arrived", { ...UNSET, default: LANE.fifo }),
  drr: optional(narrow(65_536), "Deficit round robin among flows: the quantum, 1 for 2048", {
    ...ABSENT,
    unit: "bytes",
    default: LANE.drr,
    defaultNote: "off",
  }),
  wfq: optional(flag32, "Weighted fair queueing among flows", { ...UNSET, default: LANE.wfq }),
  droptail: optional(flag32, "If the queue is full, the newest datagram is dropped", {
    ...UNSET,
    default: LANE.droptail,
  }),
  drophead: optional(flag32, "If the queue is full, the oldest datagram is dropped", {
    ...UNSET,
    default: LANE.drophead,
  }),
  loss: optional(narrow(100), "Percentage of items that are dropped", { ...TEXT_ONLY, unit: "%", default: LANE.loss }),
  delay: optional(delay, "Delay", {
    ...TEXT_ONLY,
    unit: "µs",
    default: LANE.delay,
    defaultNote: "the value for both directions",
  }),
});
const config: AsciiType<PipePatch> = struct({
  bandwidth: optional(bandwidth, "Bandwidth in both directions", {
    ...ABSENT,
    unit: "bit/s",
    default: DEFAULT_CONFIG.bandwidth,
    defaultNote: "no limit",
  }),
  delay: optional(delay, "Delay in both directions", {
    ...ABSENT,
    unit: "µs",
    default: DEFAULT_CONFIG.delay,
  }),
  header_offset: optional(narrow(63), "Offset of IP headers in the kernel; no effect", {
    ...ABSENT,
    unit: "bytes",
    default: DEFAULT_CONFIG.header_offset,
  }),
  overhead: optional(narrow(256), "Additional length of each item on the line", {
    ...ABSENT,
    unit: "bytes",
    defaultNote: OVERHEAD_NOTE,
  }),
  downstream: optional(lane, "From upper to lower", { absent: {} }),
  upstream: optional(lane, "From lower to upper", { absent: {} }),
});
const laneReply: AsciiType<LaneConfig> = struct({
  bandwidth: withInitial(bandwidth, 0),
  BER: withInitial(wide(Number.MAX_SAFE_INTEGER), 0),
  queuelen: withInitial(narrow(65_536), 0),
  delaylen: withInitial(narrow(65_536), 0),
  duplicate: withInitial(narrow(100), 0),
  fifo: withInitial(flag32, false),
  drr: withInitial(narrow(65_536), 0),
  wfq: withInitial(flag32, false),
  droptail: withInitial(flag32, false),
  drophead: withInitial(flag32, false),
  loss: withInitial(narrow(100), 0, null, TEXT_ONLY),
  delay: withInitial(delay, 0, null, TEXT_ONLY),
});
const configReply: AsciiType<PipeReply> = struct({
  bandwidth: withInitial(bandwidth, 0),
  delay: withInitial(delay, 0),
  header_offset: withInitial(narrow(63), 0),
  overhead: withInitial(narrow(256), 0),
  downstream: laneReply,
  upstream: laneReply,
});
const laneStats: AsciiType<LaneStats> = struct({
  FwdOctets: uint64,
  FwdFrames: uint64,
  queueDropOctets: uint64,
  queueDropFrames: uint64,
  delayDropOctets: uint64,
  delayDropFrames: uint64,
  lostFrames: withInitial(uint64, 0n, null, TEXT_ONLY),
  duplicateFrames: withInitial(uint64, 0n, null, TEXT_ONLY),
});
const laneRun: AsciiType<LaneRun> = struct({
  queues: uint32,
  queuedOctets: uint32,
  queuedFrames: uint32,
  delayedOctets: uint32,
  delayedFrames: uint32,
});
const stats: AsciiType<BothWays<LaneStats>> = struct({ downstream: laneStats, upstream: laneStats });

/** pipe's commands. */
export const PIPE_COMMANDS: PipeCommands = {
  ...statsCommands({ firstId: 1, args: null, reply: stats }),
  getrun: {
    id: 4,
    summary: "The contents of the queues",
    args: null,
    reply: struct({ downstream: laneRun, upstream: laneRun }),
    kind: "query",
    cost: "live",
  },
  getcfg: {
    id: 5,
    summary: "The configuration of the line",
    args: null,
    reply: configReply,
    kind: "query",
    cost: "live",
  },
  setcfg: {
    id: 6,
    summary: "Configures the line; omitted fields are unchanged, -1 restores the default, 0 is no limit, delay or loss",
    args: config,
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (patch) => patch === null ? [] : entriesOf(patch),
    reset: resetField,
    readBack: { query: "getcfg", matches: (wanted, reply) => isReply(reply) && hasSet(reply, wanted) },
  },
};

/** The kernel's line loses items only by BER, and has the same delay in both directions. */
export function kernelConfig(argument: string | null): FreebsdMessage {
  const patch = parseText(config, argument ?? "{}");
  for (const lane of [patch.downstream ?? {}, patch.upstream ?? {}]) {
    const ours = ["loss", "delay"].find((name) => name in lane);
    if (ours !== undefined) return { lacks: `the kernel's pipe has no "${ours}" one way` };
  }
  return { command: "setcfg", argument: config.format(patch) };
}

/** Warns of settings that remove or duplicate pieces of a stream. */
export function checkLosses(messages: readonly CheckedMessage[]): readonly Finding[] {
  return messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    if (command !== "setcfg" || typeof args !== "object" || args === null) return [];
    const lanes = Object.entries(args).flatMap(([, part]) => typeof part === "object" && part !== null ? [part] : []);
    const harm = lanes.flatMap((part) => Object.entries(part)).find(([name, value]) => {
      return ["loss", "BER", "duplicate"].includes(name) && typeof value === "number" && value > 0;
    });
    if (harm === undefined) return [];
    const message = `Field "${harm[0]}" damages a stream, which cannot lose data`;
    const hint = "a stream supports delay and bandwidth";
    return [{ severity: "warning", code: "lossy-stream", message, messageIndex, hint, onStream: true }];
  });
}

function entriesOf({ downstream, upstream, ...both }: PipePatch): readonly SettingEntry<PipePatch>[] {
  return [
    ...Object.entries(both).map(([name, value]) => ({ key: name, args: { [name]: value } })),
    ...Object.entries(downstream ?? {}).map(([name, value]) => {
      return { key: `downstream.${name}`, args: { downstream: { [name]: value } } };
    }),
    ...Object.entries(upstream ?? {}).map(([name, value]) => {
      return { key: `upstream.${name}`, args: { upstream: { [name]: value } } };
    }),
  ];
}

function resetField(key: string): PipePatch {
  const [first = "", name] = key.split(".");
  if (name !== undefined) {
    return { [first]: { [name]: new Map<string, unknown>(Object.entries(DEFAULT_LANE)).get(name) } };
  }
  return { [first]: -1 };
}

function isReply(value: unknown): value is PipeReply {
  return typeof value === "object" && value !== null && "header_offset" in value && "downstream" in value;
}

/**
 * Whether a configuration has all values that were set. A bandwidth for both directions is shown only if no direction
 * has its own.
 */
function hasSet(reply: PipeReply, { downstream, upstream, bandwidth, ...both }: PipePatch): boolean {
  const defaults = replyOf(DEFAULT_CONFIG);
  const wanted = bandwidth === -1 ? 0 : bandwidth;
  if (wanted !== undefined && reply.bandwidth !== wanted) {
    const own = [reply.downstream.bandwidth, reply.upstream.bandwidth];
    if (!own.includes(wanted) && own.includes(0)) return false;
  }
  return includes(reply, both, defaults) &&
    laneHasSet(reply.downstream, reply.bandwidth, downstream ?? {}) &&
    laneHasSet(reply.upstream, reply.bandwidth, upstream ?? {});
}

function laneHasSet(reply: LaneConfig, bothWays: number, { bandwidth, ...patch }: Partial<LaneConfig>): boolean {
  const own = bandwidth === undefined || bandwidth <= 0 || (reply.bandwidth || bothWays) === bandwidth;
  // The effect of a patch on fields that exclude each other is defined in one place.
  const set = patchLane(reply, patch);
  return own && Object.entries(set).every(([name, value]) => new Map(Object.entries(reply)).get(name) === value);
}

/** Whether a reply has all values that were set; -1 means a default. */
function includes(reply: object, wanted: object, defaults: object): boolean {
  const [found, initial] = [reply, defaults].map((one) => new Map<string, unknown>(Object.entries(one)));
  return Object.entries(wanted).every(([name, value]) =>
    found?.get(name) === (value === -1 ? initial?.get(name) : value)
  );
}
