/**
 * Targets that a listener's connections go to by themselves, without a pool that selects them: the address of
 * `accept { connect=… }`, and those in templates. A target is known from its first failure until it is up again.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { NodeCounts } from "../../graph/data/counts.ts";
import type { TargetReport } from "../../graph/data/target_report.ts";
import { TargetCounts } from "../../graph/data/target_counts.ts";
import { targetAddress } from "../../socket/address_text.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import type { FailureRow } from "../ksocket/outcomes.ts";
import { Target, type TargetHost } from "./target.ts";
import { DEFAULT_HEALTH, DEFAULT_WEIGHT, type PoolHealth } from "./target_spec.ts";

/** How many targets a listener distinguishes; it has few. */
const MOST_OBSERVED = 16;

/** The targets of one listener that fail, or may fail, by address. */
export class ObservedTargets implements TargetHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly node: { readonly label: string };
  readonly health: PoolHealth = DEFAULT_HEALTH;
  readonly isObserved = true;
  /** The address to which all connections go; null where they go to several, or to a node. */
  #single: string | null = null;
  /** Since when the single target is as it is, while it is not known to fail. */
  #since: Date;
  #isUp = false;
  readonly #counts: NodeCounts;
  /** Of those in templates: the copies count. */
  readonly #uncounted = new TargetCounts();
  readonly #targets = new Map<string, Target>();
  readonly #changed: () => void;

  /** @param changed is called when a target is in another state than before */
  constructor(
    host: Pick<TargetHost, "runtime" | "clock"> & {
      readonly node: { readonly label: string; readonly counts: NodeCounts };
    },
    changed: () => void,
  ) {
    this.#counts = host.node.counts;
    this.#since = host.clock.wall();
    this.runtime = host.runtime;
    this.clock = host.clock;
    this.node = host.node;
    this.#changed = changed;
  }

  /** True while one may end all connections at once. */
  get hasDoubts(): boolean {
    return this.#targets.size > 0;
  }

  /** Those that are down, by address. */
  failures(): Map<string, FailureRow> {
    const rows = new Map<string, FailureRow>();
    for (const [address, { failure }] of this.#targets) if (failure !== null) rows.set(address, failure);
    return rows;
  }

  /** A connection to a target failed; `count` is 0 for one that was counted before. */
  failed(address: string, error: NetgraphError, count: number): void {
    this.#observe(address)?.failedWith(error, count);
    this.#changed();
  }

  /** A connection was joined to its target: none of them is known to fail, except those that end all at once. */
  joined(): void {
    for (const target of [...this.#targets.values()]) if (target.failure !== null) target.connected();
  }

  /** A target has ended a young connection first, and without a byte. */
  endedUnheard(address: string, readsOn: () => boolean): void {
    this.#observe(address)?.endedUnheard(readsOn);
  }

  /** A target has served a client. */
  endedHeard(address: string): void {
    this.#targets.get(address)?.endedHeard();
  }

  /** Forgets all of them. @param single the address to which all connections go from now on; null if there is none */
  clear(single: string | null): void {
    this.#single = single;
    this.#isUp = false;
    this.#since = this.clock.wall();
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
  }

  /** The counts of the target to which all connections go; null if there is none. */
  opened(): TargetCounts | null {
    if (this.#single === null) return null;
    if (!this.#isUp) this.#becomeUp();
    const counts = this.countsOf(this.#single);
    counts.connected++;
    counts.open++;
    counts.address = this.#single;
    return counts;
  }

  countsOf(name: string): TargetCounts {
    return name === this.#single ? this.#counts.target(name) : this.#uncounted;
  }

  /** The target to which all connections go, as that of a pool of one. */
  reports(): readonly TargetReport[] {
    const name = this.#single;
    if (name === null) return [];
    const known = this.#targets.get(name);
    if (known !== undefined && known.failure !== null) return [known.report()];
    const { active, connected: total, failed, probes } = this.countsOf(name);
    return [{
      name,
      address: name,
      weight: DEFAULT_WEIGHT,
      backup: false,
      state: this.#isUp ? "up" : "unknown",
      active,
      total,
      failed,
      probes: { ...probes },
      since: this.#since.toISOString(),
      failures: 0,
      error: null,
      nextProbeAt: null,
    }];
  }

  #becomeUp(): void {
    this.#isUp = true;
    this.#since = this.clock.wall();
  }

  changed(target: Target): void {
    if (target.isUp && !target.isDoubted) {
      this.#targets.delete(target.text);
      this.#becomeUp();
    }
    this.#changed();
  }

  #observe(address: string): Target | null {
    const known = this.#targets.get(address);
    if (known !== undefined) return known;
    if (this.#targets.size >= MOST_OBSERVED) return null;
    const target = new Target(this, { to: parseText(targetAddress, address) });
    this.#targets.set(target.text, target);
    return target;
  }
}
