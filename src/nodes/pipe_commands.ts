/**
 * pipe's messages: numbers and fields are netgraph's, where they make sense for sockets. What there is in addition:
 * `loss`, a delay for each way, and what was lost and doubled in the counts. A field that is left out stays as it is;
 * -1 gives it its default back, and 0 is none.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { readScalar } from "../ascii/part.ts";
import { bigInteger, boolean, integer, uint32, uint64 } from "../ascii/scalar.ts";
import { optional, struct } from "../ascii/struct.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { KernelMessage } from "../graph/kernel_form.ts";
import type { Command, SettingEntry } from "../graph/command.ts";
import type { CheckedMessage, Finding } from "../graph/node_type.ts";
import { type StatsCommands, statsCommands } from "./stats.ts";

/** What happens one way. */
export interface LaneConfig {
  /** In bit/s; 0: what is set for both ways. */
  readonly bandwidth: number;
  /** In microseconds; 0: what is set for both ways. */
  readonly delay: number;
  /** One wrong bit, which loses its item, in so many; 0: none. */
  readonly BER: number;
  /** Items lost, in per cent. */
  readonly loss: number;
  /** Items doubled, in per cent. */
  readonly duplicate: number;
  /** How many items may wait for the line. */
  readonly queuelen: number;
  /** How many items may be under way; 0: as many as memory is given to. */
  readonly delaylen: number;
  /** Which datagram goes when too many wait: the oldest, else the newest. */
  readonly drophead: boolean;
}

/** What a pipe is configured to. */
export interface PipeConfig {
  /** In bit/s; 0: no limit. */
  readonly bandwidth: number;
  /** In microseconds. */
  readonly delay: number;
  /** Octets that each item is longer on the line. */
  readonly overhead: number;
  /** From upper to lower. */
  readonly downstream: LaneConfig;
  /** From lower to upper. */
  readonly upstream: LaneConfig;
}

/** Some fields of a configuration. */
export interface PipePatch extends Partial<Omit<PipeConfig, "downstream" | "upstream">> {
  readonly downstream?: Partial<LaneConfig>;
  readonly upstream?: Partial<LaneConfig>;
}

/** What passed one way. */
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

/** What waits one way. */
export interface LaneRun {
  readonly queuedOctets: number;
  readonly queuedFrames: number;
  readonly delayedOctets: number;
  readonly delayedFrames: number;
}

/** The same of both ways. */
export interface BothWays<T> {
  readonly downstream: T;
  readonly upstream: T;
}

/** pipe's commands, by name. */
export type PipeCommands = StatsCommands<null, BothWays<LaneStats>> & {
  readonly getrun: Command<null, BothWays<LaneRun>>;
  readonly getcfg: Command<null, PipePatch>;
  readonly setcfg: Command<PipePatch, null>;
};

const DEFAULT_LANE: LaneConfig = {
  bandwidth: 0,
  delay: 0,
  BER: 0,
  loss: 0,
  duplicate: 0,
  queuelen: 50,
  delaylen: 0,
  drophead: false,
};

/** What a new pipe is configured to: what comes in goes out at once. */
export const DEFAULT_CONFIG: PipeConfig = {
  bandwidth: 0,
  delay: 0,
  overhead: 0,
  downstream: DEFAULT_LANE,
  upstream: DEFAULT_LANE,
};

/** A number that is 64 bits wide in binary, and -1 for the default; below `least` there is but 0. */
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

/** The kernel takes no notice of a line that is slower. */
const bandwidth = wide(1_000_000_000, 100);
const delay = wide(9_999_999);
const lane = struct({
  bandwidth: optional(bandwidth, "In bit/s"),
  BER: optional(wide(Number.MAX_SAFE_INTEGER), "One wrong bit, which loses its item, in so many"),
  queuelen: optional(narrow(65_536), "How many items may wait for the line"),
  delaylen: optional(narrow(65_536), "How many items may be under way"),
  duplicate: optional(narrow(100), "Items doubled, in per cent"),
  drophead: optional(boolean, "When too many wait the oldest one goes"),
  loss: optional(narrow(100), "Items lost, in per cent"),
  delay: optional(delay, "In microseconds"),
});
const config: AsciiType<PipePatch> = struct({
  bandwidth: optional(bandwidth, "In bit/s, both ways"),
  delay: optional(delay, "In microseconds, both ways"),
  overhead: optional(narrow(256), "Octets that each item is longer on the line"),
  downstream: optional(lane, "From upper to lower"),
  upstream: optional(lane, "From lower to upper"),
});
const laneStats: AsciiType<LaneStats> = struct({
  FwdOctets: uint64,
  FwdFrames: uint64,
  queueDropOctets: uint64,
  queueDropFrames: uint64,
  delayDropOctets: uint64,
  delayDropFrames: uint64,
  lostFrames: uint64,
  duplicateFrames: uint64,
});
const laneRun: AsciiType<LaneRun> = struct({
  queuedOctets: uint32,
  queuedFrames: uint32,
  delayedOctets: uint32,
  delayedFrames: uint32,
});
const stats: AsciiType<BothWays<LaneStats>> = struct({ downstream: laneStats, upstream: laneStats });

/** pipe's commands. */
export const PIPE_COMMANDS: PipeCommands = {
  ...statsCommands({ firstId: 1, passed: "What passed", args: null, reply: stats }),
  getrun: {
    id: 4,
    summary: "What waits",
    args: null,
    reply: struct({ downstream: laneRun, upstream: laneRun }),
    kind: "query",
    cost: "live",
  },
  getcfg: { id: 5, summary: "How the line is", args: null, reply: config, kind: "query", cost: "live" },
  setcfg: {
    id: 6,
    summary: "How the line is: a field that is left out stays, -1 is its default, 0 is none",
    args: config,
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (patch) => patch === null ? [] : entriesOf(patch),
    reset: resetField,
    readBack: { query: "getcfg", matches: (wanted, reply) => includes(reply, wanted) },
  },
};

/** The kernel's line loses nothing but by BER, is as long both ways, and takes 1 for yes. */
export function kernelConfig(argument: string | null): KernelMessage {
  const { downstream, upstream } = parseText(config, argument ?? "{}");
  for (const lane of [downstream ?? {}, upstream ?? {}]) {
    const ours = ["loss", "delay", "delaylen"].find((name) => name in lane);
    if (ours !== undefined) return { lacks: `the kernel's pipe has no "${ours}" one way` };
  }
  return { command: "setcfg", argument: (argument ?? "{}").replace(/=true\b/g, "=1").replace(/=false\b/g, "=0") };
}

/** A configuration with some fields set. */
export function patchConfig(config: PipeConfig, patch: PipePatch): PipeConfig {
  const { downstream, upstream, ...both } = patch;
  return {
    ...config,
    ...withDefaults(both, DEFAULT_CONFIG),
    downstream: { ...config.downstream, ...withDefaults(downstream ?? {}, DEFAULT_LANE) },
    upstream: { ...config.upstream, ...withDefaults(upstream ?? {}, DEFAULT_LANE) },
  };
}

/** Warns of what takes pieces out of what passes, or doubles them, for where that is a stream. */
export function checkLosses(messages: readonly CheckedMessage[]): readonly Finding[] {
  return messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    if (command !== "setcfg" || typeof args !== "object" || args === null) return [];
    const lanes = Object.entries(args).flatMap(([, part]) => typeof part === "object" && part !== null ? [part] : []);
    const harm = lanes.flatMap((part) => Object.entries(part)).find(([name, value]) => {
      return ["loss", "BER", "duplicate"].includes(name) && typeof value === "number" && value > 0;
    });
    if (harm === undefined) return [];
    const message = `Field "${harm[0]}" spoils a stream, which has no datagrams to lose`;
    const hint = "a stream takes delay and bandwidth";
    return [{ severity: "warning", code: "lossy-stream", message, messageIndex, hint, onStream: true }];
  });
}

function withDefaults<T extends object>(patch: Partial<T>, defaults: T): Partial<T> {
  const initial = new Map(Object.entries(defaults));
  const result: Partial<T> = { ...patch };
  for (const [name, value] of Object.entries(patch)) {
    if (value === -1) Object.assign(result, { [name]: initial.get(name) });
  }
  return result;
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
  const initial = new Map<string, unknown>(Object.entries(name === undefined ? DEFAULT_CONFIG : DEFAULT_LANE));
  return name === undefined ? { [first]: initial.get(first) } : { [first]: { [name]: initial.get(name) } };
}

/** Whether a reply has all that is wanted, as it is wanted. */
function includes(reply: unknown, wanted: object): boolean {
  if (typeof reply !== "object" || reply === null) return false;
  const found = new Map<string, unknown>(Object.entries(reply));
  return Object.entries(wanted).every(([name, value]) => {
    if (typeof value === "object" && value !== null) return includes(found.get(name), value);
    return value === -1 || found.get(name) === value;
  });
}
