/**
 * Detects when sources have changed and are stable again.
 *
 * A change is accepted when two consecutive checks agree: therefore a burst of writes, a half-written file, an editor
 * that deletes before it creates, and the swap of a symbolic link are one change each, and a restored content is none.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { readAgainAfterMs } from "./retry_delay.ts";
import type { SourceSnapshot } from "./source_snapshot.ts";

/** The checks of sources. */
export interface SourceProbe {
  /** A cheap fingerprint: a text that changes whenever the sources may have changed. */
  fingerprint(): Promise<string>;
  read(): Promise<SourceSnapshot>;
  /** True if a read is always complete, so that one check is enough. */
  readonly whole?: boolean;
  /** Clears the cache, so that the next read is fresh. */
  again?(): void;
  /** Stops the checks; a read in progress ends soon. */
  close?(): Promise<void>;
}

/** The number of checks after a change of a stamp that read the sources: a second change may leave the same stamp. */
const FRESH_CHECKS = 4;
/** A source that is never stable is accepted as it is after this time. */
const MAX_UNREST_MS = 10_000;

/** Checks sources for differences from the last accepted state. */
export class ChangeDetector {
  readonly #probe: SourceProbe;
  readonly #clock: Clock;
  #taken: string | null = null;
  #seen: string | null = null;
  #fingerprint: string | null = null;
  #fresh = 0;
  #unrestSince: number | null = null;
  /** The number of reads in a row that failed. */
  #failures = 0;

  constructor(probe: SourceProbe, clock: Clock) {
    this.#probe = probe;
    this.#clock = clock;
  }

  /** True while there is a change that is not accepted yet: the next check should follow soon. */
  get settling(): boolean {
    return this.#seen !== this.#taken;
  }

  /** When to check again after a read that failed, in milliseconds; null after one that did not. */
  get retryMs(): number | null {
    return this.#failures === 0 ? null : readAgainAfterMs(this.#failures);
  }

  /** The current content, accepted without waiting for a second check. */
  async take(): Promise<SourceSnapshot> {
    this.#fingerprint = await this.#probe.fingerprint();
    const reading = await this.#read();
    this.#fresh = FRESH_CHECKS;
    return this.#take(reading);
  }

  /** Clears the accepted state: the next two checks that agree are a change, with any content. */
  again(): void {
    this.#taken = null;
    this.#seen = null;
    this.#fresh = FRESH_CHECKS;
    this.#probe.again?.();
  }

  /** Checks once. Returns a stable change, which is now accepted; null if there is none. */
  async check(): Promise<SourceSnapshot | null> {
    const fingerprint = await this.#probe.fingerprint();
    if (fingerprint !== this.#fingerprint) this.#fresh = FRESH_CHECKS;
    this.#fingerprint = fingerprint;
    if (this.#fresh === 0 && !this.settling) return null;
    this.#fresh = Math.max(0, this.#fresh - 1);
    const reading = await this.#read();
    const rests = this.#probe.whole === true || reading.mark === this.#seen;
    this.#seen = reading.mark;
    if (reading.mark === this.#taken) {
      this.#unrestSince = null;
      return null;
    }
    this.#unrestSince ??= this.#clock.now();
    const overdue = reading.kind === "texts" && this.#clock.now() - this.#unrestSince >= MAX_UNREST_MS;
    return rests || overdue ? this.#take(reading) : null;
  }

  async #read(): Promise<SourceSnapshot> {
    const reading = await this.#probe.read();
    this.#failures = reading.kind === "unreadable" ? this.#failures + 1 : 0;
    return reading;
  }

  #take(reading: SourceSnapshot): SourceSnapshot {
    this.#taken = this.#seen = reading.mark;
    this.#unrestSince = null;
    return reading;
  }
}
