/**
 * pipe's configuration: what there is, what a message makes of it, and how it is answered.
 *
 * @module
 */

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
  /** Items leave in the order in which they arrived. */
  readonly fifo: boolean;
  /** Deficit round robin among flows: the quantum in octets; 0: not. */
  readonly drr: number;
  /** Weighted fair queueing among flows. */
  readonly wfq: boolean;
  /** When too many wait the newest datagram goes. */
  readonly droptail: boolean;
  /** When too many wait the oldest datagram goes. */
  readonly drophead: boolean;
}

/** What a pipe is configured to. */
export interface PipeConfig {
  /** In bit/s; 0: no limit. */
  readonly bandwidth: number;
  /** In microseconds. */
  readonly delay: number;
  /** Where the kernel looks for IP headers, in octets. */
  readonly header_offset: number;
  /** Octets that each item is longer on the line; null: as many as a line of that bandwidth usually adds. */
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

/** What `getcfg` answers: as the kernel, a bandwidth that both ways have stands above them. */
export interface PipeReply extends Omit<PipeConfig, "overhead"> {
  readonly overhead: number;
}

/** What drr takes for a quantum that is too small, in octets. */
const DEFAULT_QUANTUM = 2048;
const MIN_QUANTUM = 32;
/** From this bandwidth on a line is taken for an Ethernet, in bit/s. */
const ETHERNET_BANDWIDTH = 10_000_000;
const ETHERNET_OVERHEAD = 24;
const HDLC_OVERHEAD = 10;

/** What {@linkcode overheadOf} answers where nothing is set, in words. */
export const OVERHEAD_NOTE: string = `0 without a bandwidth, otherwise ${HDLC_OVERHEAD}, from ${
  ETHERNET_BANDWIDTH / 1e6
} Mbit/s on ${ETHERNET_OVERHEAD}`;

/** How each way of a new pipe is. */
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

/** What a new pipe is configured to: what comes in goes out at once. */
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

/** One discipline excludes the others, and so does one way to drop. */
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

/** The octets that each item is longer on the line. Unless it is set it is what such lines add: HDLC, Ethernet. */
export function overheadOf({ bandwidth, overhead }: PipeConfig): number {
  if (overhead !== null) return overhead;
  return bandwidth >= ETHERNET_BANDWIDTH ? ETHERNET_OVERHEAD : bandwidth > 0 ? HDLC_OVERHEAD : 0;
}

/** A configuration as `getcfg` answers it. */
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
