/**
 * Targets in the templates of a listener's connections: no setting of the listener names them. One is known from its
 * first failure until it is up again.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import { TargetCounts } from "../../graph/data/target_counts.ts";
import { targetAddress } from "../../socket/address_text.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import type { FailureRow } from "../ksocket/outcomes.ts";
import { Target, type TargetHost } from "./target.ts";
import { DEFAULT_HEALTH, type PoolHealth } from "./target_spec.ts";

/** How many targets of templates a listener distinguishes; it has few. */
const MAX_OBSERVED = 16;

/** The targets of one listener that fail, or may fail, by address. */
export class ObservedTargets implements TargetHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly node: { readonly label: string };
  readonly health: PoolHealth = DEFAULT_HEALTH;
  readonly isObserved = true;
  /** The copies count. */
  readonly #uncounted = new TargetCounts();
  readonly #targets = new Map<string, Target>();
  readonly #changed: () => void;

  /** @param changed is called when a target is in another state than before */
  constructor(host: Pick<TargetHost, "runtime" | "clock" | "node">, changed: () => void) {
    this.runtime = host.runtime;
    this.clock = host.clock;
    this.node = host.node;
    this.#changed = changed;
  }

  /** True while one may end all connections at once. */
  get hasTargetsToCheck(): boolean {
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

  /** A connection was joined to these addresses: they are not known to fail, unless they end all at once. */
  joined(addresses: readonly string[]): void {
    for (const address of addresses) {
      const target = this.#targets.get(targetAddress.format(parseText(targetAddress, address)));
      if (target !== undefined && target.failure !== null) target.connected();
    }
  }

  /** A target has closed a new connection first, without sending a byte. */
  closedWithoutData(address: string, readsOn: () => boolean): void {
    this.#observe(address)?.closedWithoutData(readsOn);
  }

  /** A target has served a client. */
  closedAfterData(address: string): void {
    this.#targets.get(address)?.closedAfterData();
  }

  /** Forgets all of them. */
  clear(): void {
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
  }

  countsOf(): TargetCounts {
    return this.#uncounted;
  }

  changed(target: Target): void {
    if (target.isUp && !target.mayCloseImmediately) this.#targets.delete(target.text);
    this.#changed();
  }

  #observe(address: string): Target | null {
    const known = this.#targets.get(address);
    if (known !== undefined) return known;
    const target = new Target(this, { to: parseText(targetAddress, address) });
    if (this.#targets.size >= MAX_OBSERVED) return null;
    this.#targets.set(target.text, target);
    return target;
  }
}
