/**
 * Token buckets: a number of events at once, and after that a rate. The rule is shared by all buckets of one kind, so
 * that a bucket is two numbers.
 *
 * @module
 */

import type { Rate } from "../../../ascii/rate.ts";

/** The state of one bucket. */
export interface Bucket {
  /** The number of events that may happen now, as far as known at `at`. */
  tokens: number;
  /** The time of the last update, in milliseconds. */
  at: number;
}

/** The rate at which buckets of one kind are filled, and their size. */
export class BucketRule {
  readonly #perMs: number;
  readonly #burst: number;

  /** @param options `parts`: the number of buckets that share the rate */
  constructor({ count, spanMs }: Rate, { burst, parts }: { readonly burst: number; readonly parts: number }) {
    this.#perMs = count / spanMs / parts;
    this.#burst = Math.max(1, burst / parts);
  }

  /** A full bucket. */
  open(now: number): Bucket {
    return { tokens: this.#burst, at: now };
  }

  /** True while an event may happen. */
  has(bucket: Bucket, now: number): boolean {
    this.#fill(bucket, now);
    return bucket.tokens >= 1;
  }

  /** An event happens. */
  take(bucket: Bucket): void {
    bucket.tokens--;
  }

  /** True if the bucket is as good as a new one. */
  isFull(bucket: Bucket, now: number): boolean {
    this.#fill(bucket, now);
    return bucket.tokens >= this.#burst;
  }

  /** The time until the next event may happen, in milliseconds; 0 if it may now. */
  waitMs(bucket: Bucket, now: number): number {
    return this.has(bucket, now) ? 0 : (1 - bucket.tokens) / this.#perMs;
  }

  #fill(bucket: Bucket, now: number): void {
    // The sum of many small parts stays a little below a whole number: a token must not be lost because of that.
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMs + ROUNDING);
    bucket.at = now;
  }
}

const ROUNDING = 1e-9;
