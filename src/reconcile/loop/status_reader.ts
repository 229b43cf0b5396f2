/**
 * Reads the status of topologies from snapshots of the graph, and records when their conditions change.
 *
 * @module
 */

import { runCooperatively } from "../../cooperative.ts";
import { isLeftAlone } from "../status/condition.ts";
import { LostAddresses } from "../status/lost_address.ts";
import { statusTask } from "../status/status.ts";
import type { TopologyStatus } from "../status/status_types.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import type { Topology } from "./topology.ts";

/** Reads status. */
export class StatusReader {
  readonly #options: ReconcilerOptions;
  /** Waits until other work of this thread had a turn. */
  readonly #turn: () => Promise<void>;
  /** Null if addresses are not checked. */
  readonly #lost: LostAddresses | null;

  /** @param host `changed`: called when an address of a topology has left this machine, or has returned */
  constructor(
    options: ReconcilerOptions,
    { turn, changed }: { readonly turn: () => Promise<void>; readonly changed: (topology: string) => void },
  ) {
    const { ownAddress, clock } = options;
    this.#options = options;
    this.#turn = turn;
    this.#lost = ownAddress === undefined ? null : new LostAddresses(ownAddress, { clock, changed });
  }

  /** Checks the addresses of a topology no longer. */
  forget(topology: string): void {
    this.#lost?.forget(topology);
  }

  /** Checks no address any more. */
  close(): void {
    this.#lost?.close();
  }

  /** The status of a topology now. */
  async read(topology: Topology): Promise<TopologyStatus> {
    await this.#turn();
    const { port, types, clock } = this.#options;
    const found = await port.snapshot(topology.name);
    const snapshot = found === null ? null : this.#lost?.marked(found) ?? found;
    const { facts } = topology;
    const status = await runCooperatively(statusTask({ ...facts, types, snapshot, now: clock.wall() }), this.#options);
    // A later request may have been answered earlier.
    if (topology.conditions === facts.conditions) topology.conditions = status.conditions;
    return status;
  }
}

/** True if a status says how a topology is: Ready, Stalled, or not reconciled. */
export function isSettled(topology: Topology, status: TopologyStatus): boolean {
  const settled = status.conditions.some((one) => one.type !== "Reconciling" && one.status === "True");
  return settled || isLeftAlone(topology, status);
}
