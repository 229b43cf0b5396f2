/**
 * Rates, from counters that only grow: what was carried since the values before, and the last five minutes of it.
 *
 * @module
 */

/** How long rates are kept. */
export const KEPT_MS = 5 * 60_000;

/** Bytes per second in both directions. */
export interface Rate {
  readonly in: number;
  readonly out: number;
}

/** A rate at a time. */
export interface Sample extends Rate {
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** No traffic. */
export const NO_RATE: Rate = { in: 0, out: 0 };

/** The counters of something with traffic, and its rates. */
export class RateMeter {
  #last: Rate | null = null;
  #rate: Rate = NO_RATE;
  #samples: Sample[] = [];

  /** The rate at the last values. */
  get rate(): Rate {
    return this.#rate;
  }

  /** The rates of the last five minutes; between two of them the earlier one held. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Takes the bytes in all, in both directions. */
  update(total: Rate, { time, sinceMs }: { readonly time: number; readonly sinceMs: number }): void {
    const last = this.#last;
    this.#last = total;
    if (last === null || sinceMs <= 0) return;
    const per = (now: number, before: number) => Math.max(0, (now - before) * 1_000 / sinceMs);
    this.#keep({ in: per(total.in, last.in), out: per(total.out, last.out) }, time);
  }

  /** Nothing was carried. */
  rest(time: number): void {
    if (this.#rate !== NO_RATE) this.#keep(NO_RATE, time);
  }

  #keep(rate: Rate, time: number): void {
    this.#rate = rate.in === 0 && rate.out === 0 ? NO_RATE : rate;
    if (this.#rate === NO_RATE && this.#samples.at(-1) === undefined) return;
    this.#samples.push({ ...this.#rate, time });
    const expired = this.#samples.findIndex((one) => one.time > time - KEPT_MS);
    if (expired > 32) this.#samples.splice(0, expired - 1);
  }
}
