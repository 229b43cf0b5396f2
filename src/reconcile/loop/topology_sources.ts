/**
 * What is recorded about the sources of topologies, for their status: a source that cannot be used, a change that is held
 * back, and a topology that its source no longer has.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import { isNodeCause, isSourceCause, type StallCause } from "../status/condition.ts";
import type { SourceStatus } from "../status/status_types.ts";
import type { Topologies } from "./topologies.ts";
import type { Topology } from "./topology.ts";

/** The part of the loop that is needed. */
export interface TopologySourcesHost {
  /** The status has changed. */
  changed(): void;
  /** Removes the record of a topology. */
  forget(topology: Topology): void;
}

/** Records the state of sources. */
export class TopologySources {
  readonly #topologies: Topologies;
  readonly #host: TopologySourcesHost;

  constructor(topologies: Topologies, host: TopologySourcesHost) {
    this.#topologies = topologies;
    this.#host = host;
  }

  /** Shows a client's change of a topology, while it differs from the last state that was applied from its source. */
  depart(name: string, departure: StallCause): void {
    this.#topologies.known(name).depart(departure);
    this.#host.changed();
  }

  /**
   * Sets the problem that prevents the source of a topology from being applied; null if there is none any more.
   *
   * @param source its future source: then it is shown although nothing of it runs
   */
  setStallCause(name: string, stallCause: StallCause | null, source: SourceStatus | null = null): void {
    const topology = source === null ? this.#topologies.known(name) : this.#topologies.add(name);
    if (source !== null) topology.expect(source);
    topology.stallCause = stallCause;
    this.#host.changed();
  }

  /**
   * Records the content of the source of a topology that is suspended, or whose change cannot be applied yet.
   *
   * @returns true if it differs from the last applied state: the change is held back
   */
  holdBack(name: string, state: GraphState): boolean {
    const topology = this.#topologies.known(name);
    const held = topology.holdBack(state);
    // Its source could be read and used, only not now.
    if (topology.stallCause !== null && isSourceCause(topology.stallCause.reason)) topology.stallCause = null;
    this.#host.changed();
    return held;
  }

  /** True if the source of a topology no longer has it. */
  isOrphaned(name: string): boolean {
    return this.#topologies.known(name).orphaned;
  }

  /** Records that the source of a topology no longer has it: problems of that source do not concern it. */
  setOrphaned(name: string): void {
    const topology = this.#topologies.known(name);
    topology.orphaned = true;
    topology.departure = null;
    if (!isNodeCause(topology.stallCause)) topology.stallCause = null;
    this.#host.changed();
  }

  /** Removes the record of a topology that never ran and that its source no longer has. */
  forgetUnapplied(name: string): void {
    const topology = this.#topologies.find(name);
    if (topology === undefined || topology.generation > 0 || topology.applies > 0) return;
    this.#host.forget(topology);
    this.#host.changed();
  }
}
