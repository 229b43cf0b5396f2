/**
 * Finds out when sources have changed and come to rest.
 *
 * A change is taken when two looks agree: so a burst of writes, a half-written file, an editor that deletes before it
 * creates, and the swap of a symbolic link are one change each, and what came back as it was is none.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { SourceSnapshot } from "./source_snapshot.ts";

/** How sources are looked at. */
export interface SourceProbe {
  /** A cheap look: a text that differs whenever the sources may differ. */
  fingerprint(): Promise<string>;
  read(): Promise<SourceSnapshot>;
  /** True where what is read is always whole, so that one look is enough. */
  readonly whole?: boolean;
  /** Forgets what need not be asked for again so soon. */
  again?(): void;
  /** Ends looking; what is under way ends soon. */
  close?(): Promise<void>;
}

/** So many looks after a stamp has changed what is there is read: a second change may leave the same stamp. */
const FRESH_LOOKS = 4;
/** A source that never comes to rest is taken as it is after this time. */
const MAX_UNREST_MS = 10_000;

/** Looks at sources, from what was taken of them last. */
export class ChangeDetector {
  readonly #looker: SourceProbe;
  readonly #clock: Clock;
  #taken: string | null = null;
  #seen: string | null = null;
  #glance: string | null = null;
  #fresh = 0;
  #unrestSince: number | null = null;

  constructor(looker: SourceProbe, clock: Clock) {
    this.#looker = looker;
    this.#clock = clock;
  }

  /** True while something has changed that is not taken yet: the next look should come soon. */
  get settling(): boolean {
    return this.#seen !== this.#taken;
  }

  /** What is there now, taken without waiting for a second look. */
  async take(): Promise<SourceSnapshot> {
    this.#glance = await this.#looker.fingerprint();
    const reading = await this.#looker.read();
    this.#fresh = FRESH_LOOKS;
    return this.#take(reading);
  }

  /** Forgets what was taken: the next two looks that agree are a change, whatever they find. */
  again(): void {
    this.#taken = null;
    this.#seen = null;
    this.#fresh = FRESH_LOOKS;
    this.#looker.again?.();
  }

  /** Looks. A change that has come to rest is taken; null where there is none. */
  async look(): Promise<SourceSnapshot | null> {
    const glance = await this.#looker.fingerprint();
    if (glance !== this.#glance) this.#fresh = FRESH_LOOKS;
    this.#glance = glance;
    if (this.#fresh === 0 && !this.settling) return null;
    this.#fresh = Math.max(0, this.#fresh - 1);
    const reading = await this.#looker.read();
    const rests = this.#looker.whole === true || reading.mark === this.#seen;
    this.#seen = reading.mark;
    if (reading.mark === this.#taken) {
      this.#unrestSince = null;
      return null;
    }
    this.#unrestSince ??= this.#clock.now();
    const overdue = reading.kind === "texts" && this.#clock.now() - this.#unrestSince >= MAX_UNREST_MS;
    return rests || overdue ? this.#take(reading) : null;
  }

  #take(reading: SourceSnapshot): SourceSnapshot {
    this.#taken = this.#seen = reading.mark;
    this.#unrestSince = null;
    return reading;
  }
}
