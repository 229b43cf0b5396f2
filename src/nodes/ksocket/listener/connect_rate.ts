/**
 * The limits of a listener's accept rate: in total, and per source.
 *
 * @module
 */

import type { Timer } from "../../../clock.ts";
import { CompactingMap } from "../../../compacting_map.ts";
import { rate as rateType } from "../../../ascii/rate.ts";
import { WHOLE } from "../../../graph/data/share.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { type AcceptTarget, DEFAULT_BURST } from "../accept_target.ts";
import type { SocketNode } from "../role.ts";
import { limitSource } from "./client_source.ts";
import { type Bucket, BucketRule } from "./token_bucket.ts";

/** How long a note says that connections of a source were refused. */
const NOTED_MS = 10_000;
/** The number of sources that are stored at a time; beyond it, the one that has been idle for longest is evicted. */
export const MAX_RATE_SOURCES = 65_536;

/** Why a connection is refused: by the rate of its source, or of all. */
export interface RateRefusal {
  readonly perSource: boolean;
  readonly message: string;
}

type Limits = Pick<AcceptTarget, "rate" | "ratePerSource" | "burst">;

/** The rates of one listener. */
export class ConnectRate {
  readonly #own: Pick<SocketNode, "node" | "graph" | "clock">;
  readonly #maxSources: number;
  /** Null while no rate is set. */
  #all: OneBucket | null = null;
  #sources: SourceBuckets | null = null;
  /** The limits of the buckets. */
  #limits: Limits = {};
  /** The limits as a text, for comparison. */
  #limitsKey = "";
  #parts = 1;
  #timer: Timer | null = null;
  /** The last source that exceeded its rate, and the number of its refused connections. */
  #sourceOverRate: { readonly source: string; readonly refused: number; readonly at: number } | null = null;

  constructor(own: Pick<SocketNode, "node" | "graph" | "clock">, maxSources: number = MAX_RATE_SOURCES) {
    this.#own = own;
    this.#maxSources = maxSources;
  }

  /** Why a connection from `peer` is refused; null if it is not. Uses no token. */
  refusalOf(peer: SocketAddress, limits: Limits): RateRefusal | null {
    if (!isRated(limits)) return null;
    this.#follow(limits);
    const now = this.#now();
    if (this.#sources?.has(peer, now) === false) {
      const source = limitSource(peer);
      const before = this.#sourceOverRate?.source === source && !this.#isOld(this.#sourceOverRate)
        ? this.#sourceOverRate.refused
        : 0;
      this.#sourceOverRate = { source, refused: before + 1, at: now };
      return { perSource: true, message: `ratePerSource ${formatRate(limits.ratePerSource)} is exceeded` };
    }
    if (this.#all?.has(now) !== false) return null;
    return { perSource: false, message: `rate ${formatRate(limits.rate)} is exceeded` };
  }

  #isOld({ at }: { readonly at: number }): boolean {
    return this.#now() - at >= NOTED_MS;
  }

  /** Uses a token for an accepted connection from `peer`. */
  accepted(peer: SocketAddress, limits: Limits): void {
    if (!isRated(limits)) return;
    this.#all?.take();
    this.#sources?.take(peer, this.#now());
  }

  /** True if the next connection must wait for the total rate; then calls `next` when it may proceed. */
  mustWait(limits: Limits, next: () => void): boolean {
    if (limits.rate === undefined) return false;
    this.#follow(limits);
    const waitMs = this.#all?.waitMs(this.#now()) ?? 0;
    if (waitMs <= 0) return false;
    this.#timer ??= this.#own.clock.after(Math.ceil(waitMs), () => {
      this.#timer = null;
      next();
    });
    return true;
  }

  /** A note for operators; null if there is none. */
  note({ rate, ratePerSource, overflow }: AcceptTarget): string | null {
    const evicted = this.#sources?.evicted ?? 0;
    if (evicted > 0) {
      return `ratePerSource stores at most ${this.#maxSources} sources: ${evicted} were evicted early, and may ` +
        "exceed their rate";
    }
    if (ratePerSource !== undefined && this.#sourceOverRate !== null && !this.#isOld(this.#sourceOverRate)) {
      const { source, refused } = this.#sourceOverRate;
      const closed = `${refused} ${refused === 1 ? "connection was" : "connections were"} refused`;
      return `ratePerSource ${formatRate(ratePerSource)} is exceeded by ${source}: ${closed}`;
    }
    if (rate === undefined || overflow === "refuse" || this.#timer === null) return null;
    return `rate ${formatRate(rate)} is reached: further connections wait`;
  }

  /** Cancels the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Starts with full buckets if a rate has changed. */
  #follow(limits: Limits): void {
    const { graph, node } = this.#own;
    const { of: parts } = graph.scope(node.origin.scope).shares.get(node) ?? WHOLE;
    if (limits === this.#limits && parts === this.#parts) return;
    const { rate, ratePerSource, burst = DEFAULT_BURST } = limits;
    const limitsKey = `${formatRate(rate)} ${formatRate(ratePerSource)} ${burst}`;
    const isSame = limitsKey === this.#limitsKey && parts === this.#parts;
    this.#limits = limits;
    this.#limitsKey = limitsKey;
    this.#parts = parts;
    if (isSame) return;
    this.stop();
    this.#all = rate === undefined ? null : new OneBucket(new BucketRule(rate, { burst, parts }), this.#now());
    // A listener that is shared by threads has no limit per source.
    const rule = ratePerSource === undefined ? null : new BucketRule(ratePerSource, { burst, parts: 1 });
    this.#sources = rule === null ? null : new SourceBuckets(rule, this.#maxSources);
  }

  #now(): number {
    return this.#own.clock.now();
  }
}

/** True if a rate is set: only then the source of a connection matters, whose address takes time and memory. */
export function isRated({ rate, ratePerSource }: Limits): boolean {
  return rate !== undefined || ratePerSource !== undefined;
}

/** The bucket of all connections. */
class OneBucket {
  readonly #rule: BucketRule;
  readonly #bucket: Bucket;

  constructor(rule: BucketRule, now: number) {
    this.#rule = rule;
    this.#bucket = rule.open(now);
  }

  has(now: number): boolean {
    return this.#rule.has(this.#bucket, now);
  }

  take(): void {
    this.#rule.take(this.#bucket);
  }

  waitMs(now: number): number {
    return this.#rule.waitMs(this.#bucket, now);
  }
}

/** The number of idle sources that are removed for each new one: the table shrinks while it is used. */
const REMOVED_EACH = 2;

/** The buckets of sources, the last used one at the end. A full bucket has no information, and is removed. */
class SourceBuckets {
  readonly #rule: BucketRule;
  readonly #max: number;
  readonly #buckets = new CompactingMap<string, Bucket>();
  /** The number of sources that were removed before their bucket was full again. */
  evicted = 0;

  constructor(rule: BucketRule, max: number) {
    this.#rule = rule;
    this.#max = max;
  }

  has(peer: SocketAddress, now: number): boolean {
    const bucket = this.#buckets.get(limitSource(peer));
    return bucket === undefined || this.#rule.has(bucket, now);
  }

  take(peer: SocketAddress, now: number): void {
    const source = limitSource(peer);
    const known = this.#buckets.get(source);
    if (known === undefined) this.#makeRoom(now);
    else this.#buckets.delete(source);
    const bucket = known ?? this.#rule.open(now);
    this.#rule.take(bucket);
    this.#buckets.set(source, bucket);
  }

  #makeRoom(now: number): void {
    let removed = 0;
    for (const source of this.#buckets.keys()) {
      const bucket = this.#buckets.get(source);
      if (bucket === undefined) continue;
      const isFull = this.#rule.isFull(bucket, now);
      if (!isFull && this.#buckets.size < this.#max) return;
      if (!isFull) this.evicted++;
      this.#buckets.delete(source);
      if (++removed >= REMOVED_EACH) return;
    }
  }
}

function formatRate(rate: AcceptTarget["rate"]): string {
  return rate === undefined ? "" : rateType.format(rate);
}
