/**
 * The open connections of a target in other threads, for `leastconn` and `random`: each thread reports its own number,
 * a moment after it has changed, so that many connections cause few reports.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { TargetEvent } from "../../graph/data/target_event.ts";

/** How long changes are collected before they are reported. */
const REPORT_AFTER_MS = 20;

/** The context of one target. */
export interface OpenHost {
  readonly clock: Clock;
  /** Reports to the other threads; absent or null if there are none, or where nothing depends on the number. */
  readonly reportOpen?: ((event: Pick<TargetEvent, "name" | "count">) => void) | null;
}

/** The numbers of one target. */
export class OpenElsewhere {
  readonly #host: OpenHost;
  readonly #name: string;
  readonly #own: () => number;
  readonly #counts = new Map<number, number>();
  #timer: Timer | null = null;
  #reported = 0;
  /** The sum of the other threads. */
  sum = 0;

  /** @param own the number in this thread */
  constructor(host: OpenHost, name: string, own: () => number) {
    this.#host = host;
    this.#name = name;
    this.#own = own;
  }

  /** The number in this thread has changed. */
  changed(): void {
    const { reportOpen, clock } = this.#host;
    if (reportOpen === null || reportOpen === undefined) return;
    this.#timer ??= clock.after(REPORT_AFTER_MS, () => {
      this.#timer = null;
      const count = this.#own();
      if (count === this.#reported) return;
      this.#reported = count;
      this.#host.reportOpen?.({ name: this.#name, count });
    });
  }

  /** Another thread has begun, and has no information. */
  reportAgain(): void {
    this.#reported = 0;
    this.changed();
  }

  /** Another thread has so many. */
  heard(part: number, count: number): void {
    this.sum += count - (this.#counts.get(part) ?? 0);
    this.#counts.set(part, count);
  }

  /** Reports no more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
