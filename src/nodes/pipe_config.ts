/**
 * pipe's configuration: its fields, the effect of a message, and the reply.
 *
 * @module
 */

/** The settings of one direction. */
export interface LaneConfig {
  /** In bit/s; 0: the value for both directions. */
  readonly bandwidth: number;
  /** In microseconds; 0: the value for both directions. */
  readonly delay: number;
  /** One wrong bit, which loses its item, per this number of bits; 0: none. */
  readonly BER: number;
  /** Items lost, in per cent. */
  readonly loss: number;
  /** Items duplicated, in per cent. */
  readonly duplicate: number;
  /** The limit of items that wait for the line. */
  readonly queuelen: number;
  /** The limit of items in transit; 0: limited only by memory. */
  readonly delaylen: number;
  /** Items leave in the order in which they arrived. */
  readonly fifo: boolean;
  /** Deficit round robin among flows: the quantum in octets; 0: not. */
  readonly drr: number;
  /** Weighted fair queueing among flows. */
  readonly wfq: boolean;
  /** If too many wait, the newest datagram is dropped. */
  readonly droptail: boolean;
  /** If too many wait, the oldest datagram is dropped. */
  readonly drophead: boolean;
}

/** The configuration of a pipe. */
export interface PipeConfig {
  /** In bit/s; 0: no limit. */
  readonly bandwidth: number;
  /** In microseconds. */
  readonly delay: number;
  /** The offset of IP headers for the kernel, in octets. */
  readonly header_offset: number;
  /** The overhead of each item on the line, in octets; null: the usual overhead for that bandwidth. */
  readonly overhead: number | null;
  /** From upper to lower. */
  readonly downstream: LaneConfig;
  /** From lower to upper. */
  readonly upstream: LaneConfig;
}

/** Some fields of a configuration. */
export interface PipePatch {
  readonly bandwidth?: number;
  readonly delay?: number;
  readonly header_offset?: number;
  readonly overhead?: number;
  readonly downstream?: Partial<LaneConfig>;
  readonly upstream?: Partial<LaneConfig>;
}

/** The reply of `getcfg`: as in the kernel, a bandwidth of both directions is shown once. */
export interface PipeReply extends Omit<PipeConfig, "overhead"> {
  readonly overhead: number;
}

/** The smallest quantum of drr, in octets; smaller ones are raised to it. */
const DEFAULT_QUANTUM = 2048;
const MIN_QUANTUM = 32;
/** From this bandwidth on a line counts as an Ethernet, in bit/s. */
const ETHERNET_BANDWIDTH = 10_000_000;
const ETHERNET_OVERHEAD = 24;
const HDLC_OVERHEAD = 10;

/** The description of {@linkcode overheadOf} without a set value. */
export const OVERHEAD_NOTE: string = `0 without a bandwidth, otherwise ${HDLC_OVERHEAD}, from ${
  ETHERNET_BANDWIDTH / 1e6
} Mbit/s on ${ETHERNET_OVERHEAD}`;

/** The defaults of each direction. */
export const DEFAULT_LANE: LaneConfig = {
  bandwidth: 0,
  delay: 0,
  BER: 0,
  loss: 0,
  duplicate: 0,
  queuelen: 50,
  delaylen: 0,
  fifo: true,
  drr: 0,
  wfq: false,
  droptail: true,
  drophead: false,
};

/** The default configuration: items pass immediately. */
export const DEFAULT_CONFIG: PipeConfig = {
  bandwidth: 0,
  delay: 0,
  header_offset: 0,
  overhead: null,
  downstream: DEFAULT_LANE,
  upstream: DEFAULT_LANE,
};

/** A configuration with some fields set. */
export function patchConfig(config: PipeConfig, patch: PipePatch): PipeConfig {
  const { downstream, upstream, overhead, ...both } = patch;
  return {
    ...config,
    ...withDefaults(both, DEFAULT_CONFIG),
    ...(overhead === undefined ? {} : { overhead: Math.max(0, overhead) }),
    downstream: patchLane(config.downstream, downstream ?? {}),
    upstream: patchLane(config.upstream, upstream ?? {}),
  };
}

/** One discipline excludes the others, and so do the drop policies. */
export function patchLane(config: LaneConfig, patch: Partial<LaneConfig>): LaneConfig {
  const { fifo, wfq, drr, droptail, drophead, ...rest } = patch;
  let next: LaneConfig = { ...config, ...withDefaults(rest, DEFAULT_LANE) };
  const isFifo = fifo === true || wfq === false || drr === 0 || drr === -1;
  if (isFifo) next = { ...next, fifo: true, wfq: false, drr: 0 };
  if (wfq === true) next = { ...next, fifo: false, wfq: true, drr: 0 };
  if (drr !== undefined && drr > 0) {
    next = { ...next, fifo: false, wfq: false, drr: drr >= MIN_QUANTUM ? drr : DEFAULT_QUANTUM };
  }
  if (droptail === true || drophead === false) next = { ...next, droptail: true, drophead: false };
  return drophead === true || droptail === false ? { ...next, droptail: false, drophead: true } : next;
}

/** The overhead of each item on the line, in octets. By default that of such lines: HDLC, Ethernet. */
export function overheadOf({ bandwidth, overhead }: PipeConfig): number {
  if (overhead !== null) return overhead;
  return bandwidth >= ETHERNET_BANDWIDTH ? ETHERNET_OVERHEAD : bandwidth > 0 ? HDLC_OVERHEAD : 0;
}

/** A configuration in the reply of `getcfg`. */
export function replyOf(config: PipeConfig): PipeReply {
  const { bandwidth, downstream, upstream } = config;
  const [down, up] = [downstream.bandwidth || bandwidth, upstream.bandwidth || bandwidth];
  const equal = down === up;
  return {
    ...config,
    overhead: overheadOf(config),
    bandwidth: equal ? down : 0,
    downstream: { ...downstream, bandwidth: equal ? 0 : down },
    upstream: { ...upstream, bandwidth: equal ? 0 : up },
  };
}

function withDefaults<T extends object>(patch: Partial<T>, defaults: T): Partial<T> {
  const initial = new Map(Object.entries(defaults));
  const result: Partial<T> = { ...patch };
  for (const [name, value] of Object.entries(patch)) {
    if (value === -1) Object.assign(result, { [name]: initial.get(name) });
  }
  return result;
}
