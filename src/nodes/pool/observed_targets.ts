/**
 * Targets that a listener's connections go to by themselves, without a pool that selects them: the addresses of
 * `accept { connect=… }` and of the rules of `route`, and those in templates. One in a template is known from its first
 * failure until it is up again.
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

/** How many targets of templates a listener distinguishes; it has few. */
const MOST_OBSERVED = 16;

/** An address of the listener's own, while it is not known to fail. */
interface Standing {
  readonly since: Date;
  readonly isUp: boolean;
}

/** The targets of one listener that fail, or may fail, by address. */
export class ObservedTargets implements TargetHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly node: { readonly label: string };
  readonly health: PoolHealth = DEFAULT_HEALTH;
  readonly isObserved = true;
  /** The listener's own addresses. */
  readonly #declared = new Map<string, Standing>();
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
    this.runtime = host.runtime;
    this.clock = host.clock;
    this.node = host.node;
    this.#changed = changed;
  }

  /** True while one may end all connections at once. */
  get hasSuspects(): boolean {
    return this.#targets.size > 0;
  }

  /** Those that are down, by address. */
  failures(): Map<string, FailureRow> {
    const rows = new Map<string, FailureRow>();
    for (const [address, { failure }] of this.#targets) if (failure !== null) rows.set(address, failure);
    return rows;
  }

  /** True if a destination is not known to fail. @param others the number of those that are not one address */
  serves(others: number): boolean {
    const failing = [...this.failures().keys()];
    const failingHere = failing.filter((address) => this.#declared.has(address)).length;
    return failingHere < this.#declared.size || failing.length - failingHere < others;
  }

  /** A connection to a target failed; `count` is 0 for one that was counted before. */
  failed(address: string, error: NetgraphError, count: number): void {
    this.#observe(address)?.failedWith(error, count);
    this.#changed();
  }

  /** A connection was joined to these addresses: they are not known to fail, unless they end all at once. */
  joined(addresses: readonly string[]): void {
    for (const address of addresses) {
      const target = this.#targets.get(targetAddress.format(parseText(targetAddress, address)));
      if (target !== undefined && target.failure !== null) target.connected();
    }
  }

  /** A target has ended a young connection first, and without a byte. */
  closedWithoutData(address: string, readsOn: () => boolean): void {
    this.#observe(address)?.closedWithoutData(readsOn);
  }

  /** A target has served a client. */
  closedAfterData(address: string): void {
    this.#targets.get(address)?.closedAfterData();
  }

  /** Forgets all of them. @param declared the listener's own addresses from now on */
  clear(declared: Iterable<string>): void {
    this.#declared.clear();
    const since = this.clock.wall();
    for (const address of declared) this.#declared.set(address, { since, isUp: false });
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
  }

  /** The counts of one of the listener's own addresses, to which a connection was opened. */
  opened(address: string): TargetCounts | null {
    if (!this.#declared.has(address)) return null;
    if (!this.#targets.has(address)) this.#becomeUp(address);
    const counts = this.countsOf(address);
    counts.connected++;
    counts.open++;
    counts.address = address;
    return counts;
  }

  countsOf(name: string): TargetCounts {
    return this.#declared.has(name) ? this.#counts.target(name) : this.#uncounted;
  }

  /** The listener's own addresses, each as the target of a pool of one. */
  reports(): readonly TargetReport[] {
    return [...this.#declared].map(([name, standing]) => this.#report(name, standing));
  }

  #report(name: string, { since, isUp }: Standing): TargetReport {
    const known = this.#targets.get(name);
    if (known !== undefined && known.failure !== null) return known.report();
    const { active, connected: total, failed, probes } = this.countsOf(name);
    return {
      name,
      address: name,
      weight: DEFAULT_WEIGHT,
      backup: false,
      state: isUp ? "up" : "unknown",
      active,
      total,
      failed,
      probes: { ...probes },
      since: since.toISOString(),
      failures: 0,
      error: null,
      nextProbeAt: null,
    };
  }

  #becomeUp(address: string): void {
    if (this.#declared.get(address)?.isUp === false) {
      this.#declared.set(address, { since: this.clock.wall(), isUp: true });
    }
  }

  changed(target: Target): void {
    const standing = this.#declared.get(target.text);
    if (target.failure !== null && standing?.isUp === true) {
      this.#declared.set(target.text, { ...standing, isUp: false });
    }
    if (target.isUp && !target.isDoubted) {
      this.#targets.delete(target.text);
      this.#becomeUp(target.text);
    }
    this.#changed();
  }

  #observe(address: string): Target | null {
    const known = this.#targets.get(address);
    if (known !== undefined) return known;
    const target = new Target(this, { to: parseText(targetAddress, address) });
    if (this.#targets.size >= MOST_OBSERVED && !this.#declared.has(target.text)) return null;
    this.#targets.set(target.text, target);
    return target;
  }
}
