/**
 * The topologies that a reconciler knows, by name.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { type DesiredTopology, Topology } from "./topology.ts";

/** The known topologies. */
export class Topologies {
  readonly #clock: Clock;
  readonly #byName = new Map<string, Topology>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Their names, in the order in which they were added. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** All of them. */
  list(): readonly Topology[] {
    return [...this.#byName.values()];
  }

  /** Those of which a generation was applied. */
  applied(): readonly Topology[] {
    return this.list().filter(({ generation }) => generation > 0);
  }

  /** The desired states of those of which a generation was applied. */
  get desired(): readonly DesiredTopology[] {
    return this.applied().map(({ desired, source, awaiting }) => ({
      state: desired,
      source,
      awaits: awaiting !== null,
    }));
  }

  /** The topology of that name. */
  find(name: string): Topology | undefined {
    return this.#byName.get(name);
  }

  /**
   * The topology of that name.
   *
   * @param options `applied`: one of which nothing was applied is not found
   * @throws NetgraphError ENOENT if there is none
   */
  known(name: string, options: { applied?: boolean } = {}): Topology {
    const topology = this.#byName.get(name);
    const missing = topology === undefined || (options.applied === true && topology.generation === 0);
    if (missing) throw new NetgraphError("ENOENT", `Cannot find topology "${name}"`);
    return topology;
  }

  /** The topology of that name, or one that does not run and is not added. */
  knownOrNew(name: string): Topology {
    return this.#byName.get(name) ?? new Topology(name, this.#clock);
  }

  /** The topology of that name, known from now on. */
  add(name: string): Topology {
    if (this.#closed) throw new TypeError("Cannot apply: the reconciler is closed");
    const topology = this.knownOrNew(name);
    this.#byName.set(name, topology);
    return topology;
  }

  /** Removes a topology, which is no longer reconciled. */
  remove(topology: Topology): void {
    topology.closed = true;
    topology.cancelRetries();
    this.#byName.delete(topology.name);
  }

  /** Adds no more topologies. */
  close(): void {
    this.#closed = true;
  }
}
