/**
 * A link of a bridge: its hook, the frames that it may receive, and its counts.
 *
 * @module
 */

import type { Branch } from "../graph/fan_out/fan_out.ts";
import type { BridgeStats } from "./bridge_commands.ts";
import type { etherCast } from "./ether.ts";

/** The kind of a frame's receiver. */
export type Cast = ReturnType<typeof etherCast>;

/** Counts as plain numbers. */
export type LinkCounts = { -readonly [K in keyof BridgeStats]: number };

/** A link. */
export interface BridgeLink {
  readonly branch: Branch;
  /** False: no hosts are learned from it, because it leads to the rest of the network. */
  readonly learns: boolean;
  /** False: it receives no frames for unknown hosts. */
  getsUnknown: boolean;
  /** The remaining seconds of muting; 0: it is not muted. */
  mutedFor: number;
  counts: LinkCounts;
}

/** Sends a frame out by a link. */
export function transmit({ branch, counts }: BridgeLink, item: Parameters<Branch["send"]>[0], cast: Cast): void {
  counts.xmitPackets++;
  counts.xmitOctets += item.length;
  if (cast === "multicast") counts.xmitMulticasts++;
  else if (cast === "broadcast") counts.xmitBroadcasts++;
  branch.send(item);
}

/** Counts of zero. */
export function noCounts(): LinkCounts {
  return {
    recvOctets: 0,
    recvPackets: 0,
    recvMulticast: 0,
    recvBroadcast: 0,
    recvUnknown: 0,
    recvRunts: 0,
    recvInvalid: 0,
    xmitOctets: 0,
    xmitPackets: 0,
    xmitMulticasts: 0,
    xmitBroadcasts: 0,
    loopDrops: 0,
    loopDetects: 0,
    memoryFailures: 0,
  };
}

/** The counts, for the reply. */
export function statsOf(counts: LinkCounts): BridgeStats {
  return {
    recvOctets: BigInt(counts.recvOctets),
    recvPackets: BigInt(counts.recvPackets),
    recvMulticast: BigInt(counts.recvMulticast),
    recvBroadcast: BigInt(counts.recvBroadcast),
    recvUnknown: BigInt(counts.recvUnknown),
    recvRunts: BigInt(counts.recvRunts),
    recvInvalid: BigInt(counts.recvInvalid),
    xmitOctets: BigInt(counts.xmitOctets),
    xmitPackets: BigInt(counts.xmitPackets),
    xmitMulticasts: BigInt(counts.xmitMulticasts),
    xmitBroadcasts: BigInt(counts.xmitBroadcasts),
    loopDrops: BigInt(counts.loopDrops),
    loopDetects: BigInt(counts.loopDetects),
    memoryFailures: BigInt(counts.memoryFailures),
  };
}
