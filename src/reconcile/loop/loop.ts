/**
 * The loop: applies desired states and keeps them applied.
 *
 * Level-triggered: an event means only that something may have changed; the action follows from the observed and the
 * desired state, read again. Changes of one topology are executed one after the other.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { ApplyResult } from "../apply/apply.ts";
import { draftChange, observeTopology } from "./change.ts";
import type { DesiredState } from "./desired_state.ts";
import { ChangeSignal } from "./change_signal.ts";
import { countConnections, totalConnections } from "../plan/connections.ts";
import { Changer, type TopologyChange } from "./changer.ts";
import { Checks } from "./checks.ts";
import { Confirmer } from "./confirm.ts";
import { requireAdoptable } from "../diff/dangling.ts";
import { NodeRepair } from "./node_repair.ts";
import type { Plan } from "../plan/plan.ts";
import { Planner } from "./planner.ts";
import type { TopologyStatus } from "../status/status_types.ts";
import type { ReconcileOptions, ReconcilerOptions } from "./reconcile_options.ts";
import { isSettled, StatusReader } from "./status_reader.ts";
import { Topologies } from "./topologies.ts";
import { type DesiredTopology, type HistoryEntry, LIBRARY_SOURCE, type Topology } from "./topology.ts";
import { TopologySources } from "./topology_sources.ts";

/** Keeps topologies in their desired state. */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #topologies: Topologies;
  readonly #changes = new ChangeSignal();
  readonly #checks: Checks;
  readonly #repair: NodeRepair;
  readonly #confirmer: Confirmer;
  readonly #changer: Changer;
  /** The effects of planned changes. */
  readonly planner: Planner;
  /** The facts about the sources of topologies. */
  readonly sources: TopologySources;
  readonly #unsubscribe: () => void;
  readonly #statuses: StatusReader;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#topologies = new Topologies(options.clock);
    this.#checks = new Checks(options, {
      find: (name) => this.#topologies.find(name),
      check: (topology) => this.#repair.check(topology),
      status: (name) => this.status(name),
      changed: () => this.#changes.emit(),
    });
    this.#statuses = new StatusReader(options, {
      turn: () => this.#checks.turn(),
      changed: (name) => this.#addressChanged(name),
    });
    this.#repair = new NodeRepair(options, {
      changed: () => this.#changes.emit(),
      run: (topology, task) => this.#checks.run(topology, task),
      checkSoon: (topology) => this.#checks.soon(topology),
    });
    this.#confirmer = new Confirmer(options, {
      changed: () => this.#changes.emit(),
      run: (topology, task) => this.#checks.run(topology, task),
      change: (changes) => this.#changer.applyNow(changes.map((one) => ({ ...one, options: { unconfirmed: "keep" } }))),
      together: (topologies, task) => this.#checks.together(topologies, task),
      down: (topology) => this.#downNow(topology),
    });
    this.#changer = new Changer(options, this.#confirmer, {
      topologyOf: (name) => this.#topologies.add(name),
      others: (topology) => this.#topologies.applied().filter((one) => one !== topology),
      checkSoon: (topology) => this.#checks.soon(topology),
      noteSettled: (topology) => this.#noteSettled(topology),
      changed: (topology) => this.#afterChange(topology),
      down: (topology) => this.#downNow(topology),
    });
    this.planner = new Planner(options, this.#topologies);
    this.sources = new TopologySources(this.#topologies, {
      changed: () => this.#changes.emit(),
      forget: (topology) => this.#forget(topology),
    });
    this.#unsubscribe = options.port.subscribe((event) => this.#checks.take(event));
  }

  /** The names of the topologies, in the order in which they were added. */
  get names(): readonly string[] {
    return this.#topologies.names;
  }

  /** The desired states by topology; topologies that were never applied are omitted. */
  get desired(): readonly DesiredTopology[] {
    return this.#topologies.desired;
  }

  /** The desired generation of a topology; 0 if there is none. */
  generation(name: string): number {
    return this.#topologies.find(name)?.generation ?? 0;
  }

  /** The effects of {@linkcode Reconciler.apply}. */
  async plan(desired: GraphState, options: { replace?: readonly string[] } = {}): Promise<Plan> {
    return (await draftChange(this.#options, {
      topology: this.#topologies.knownOrNew(desired.name),
      desired,
      ...options,
    })).plan;
  }

  /**
   * Applies a desired state. A failed step is rolled back and reported in the result.
   *
   * @throws the signal's reason when it aborts; NetgraphError ENOENT for a node to be replaced that is not in the
   * desired state
   */
  apply(desired: GraphState, options: ReconcileOptions = {}): Promise<ApplyResult> {
    const desiredState = { desired, source: options.source ?? LIBRARY_SOURCE };
    return this.#change(this.#topologies.add(desired.name), () => desiredState, options);
  }

  /**
   * Applies several desired states as one change: all or none, and a resource that one of them releases can be used by
   * another.
   *
   * @returns the results, in the order of the changes
   * @throws the errors of {@linkcode Reconciler.apply}
   */
  applyTogether(changes: readonly TopologyChange[]): Promise<readonly ApplyResult[]> {
    return this.#changer.change(changes.map(({ state, removesFrom, ...options }) => ({
      name: state.name,
      desiredStateOf: () => {
        const known = this.#topologies.find(state.name);
        // Another source has taken it over meanwhile: so this source must not remove it.
        if (removesFrom !== undefined && known !== undefined && known.source.location !== removesFrom) return known;
        return { desired: state, source: options.source ?? LIBRARY_SOURCE, removes: removesFrom !== undefined };
      },
      options,
    })));
  }

  /** Applies a desired state when the changes before it have ended. */
  async #change(
    topology: Topology,
    desiredStateOf: () => DesiredState,
    options: ReconcileOptions,
  ): Promise<ApplyResult> {
    const [result] = await this.#changer.change([{ name: topology.name, desiredStateOf, options }]);
    if (result === undefined) throw new RangeError("A change has a result");
    return result;
  }

  #afterChange(topology: Topology): void {
    topology.applies -= 1;
    if (topology.closed) return;
    // The next change in the queue observes the topology too.
    if (topology.applies > 0) this.#changes.emit();
    else if (topology.generation > 0) this.#checks.soon(topology);
    else if (!topology.expected) this.#forget(topology);
  }

  /** Records the status between two changes: a client that waits for the first one may not be able to read it later. */
  async #noteSettled(topology: Topology): Promise<void> {
    if (topology.closed) return;
    topology.settled = null;
    try {
      const status = await this.status(topology.name);
      if (isSettled(topology, status)) topology.settled = status;
    } catch {
      // The change has ended, with any result; waiting callers read the status again, and receive the failure.
    }
  }

  /** Reverts manual changes, and immediately retries what is planned for later. */
  async reconcile(name: string, options: Omit<ReconcileOptions, "source"> = {}): Promise<ApplyResult> {
    const topology = this.#topologies.known(name);
    // The desired state is read after earlier changes: a change in progress must not be reverted.
    const how: ReconcileOptions = { ...options, unconfirmed: "keep" };
    const result = await this.#change(topology, () => this.#topologies.known(name, { applied: true }), how);
    await topology.enqueue(() => this.#repair.retryNow(topology));
    return result;
  }

  /**
   * Rolls back to an earlier generation, under a new number.
   *
   * @throws NetgraphError ENOENT for a generation that is not kept
   */
  rollback(name: string, generation: number | null, options: ReconcileOptions = {}): Promise<ApplyResult> {
    const { state, source } = this.remembered(name, generation);
    return this.apply(state, { source, ...options, unconfirmed: "clear" });
  }

  /**
   * The generation to which a rollback leads; null: the last good one before the running one.
   *
   * @throws NetgraphError ENOENT for a generation that is not kept
   */
  remembered(name: string, generation: number | null): HistoryEntry {
    return this.#topologies.known(name).remembered(generation);
  }

  /**
   * Confirms an unconfirmed generation.
   *
   * @returns its generation
   * @throws NetgraphError ENOENT if there is none
   */
  confirm(name: string): number {
    return this.#confirmer.confirm(this.#topologies.known(name));
  }

  /**
   * Accepts the running state, including manual changes, as the desired state.
   *
   * @throws NetgraphError EINVAL if a message refers to a name that was removed manually
   */
  adopt(name: string): Promise<GraphState> {
    const topology = this.#topologies.known(name);
    return topology.enqueue(async () => {
      const before = await observeTopology(this.#options, this.#topologies.known(name, { applied: true }));
      requireAdoptable(this.#options.types, before);
      if (before.manual !== undefined) await this.#options.port.send(`${name}/:`, "adopt", null, { declared: true });
      const state = before.manual === undefined ? before : await observeTopology(this.#options, topology);
      const generation = topology.generation + 1;
      await this.#options.port.send(`${name}/:`, "setgeneration", String(generation), { declared: true });
      topology.succeed(generation, { state, source: topology.source }, "adopted");
      this.#changes.emit();
      return state;
    });
  }

  /** The running state as a topology that can be applied. */
  async export(name: string): Promise<GraphState> {
    return await observeTopology(this.#options, this.#topologies.known(name));
  }

  /** The generations that are kept, the oldest first. */
  history(name: string): readonly HistoryEntry[] {
    return this.#topologies.known(name).history;
  }

  /**
   * Stops and removes a topology.
   *
   * @returns the number of closed connections
   */
  down(name: string): Promise<number> {
    const topology = this.#topologies.known(name);
    return topology.enqueue(() => this.#downNow(topology));
  }

  async #downNow(topology: Topology): Promise<number> {
    if (topology.closed) return 0; // Another client has stopped it meanwhile.
    const { port, types } = this.#options;
    const closed = totalConnections(countConnections(types, await port.snapshot(topology.name)));
    this.#forget(topology);
    await this.#options.port.closeScope(topology.name).catch((error: unknown) => {
      // One whose first generation failed has nothing to close.
      if (topology.generation > 0 || !(error instanceof NetgraphError && error.code === "ENOENT")) throw error;
    });
    this.#changes.emit();
    return closed;
  }

  /** Suspends a topology: nothing is repaired until {@linkcode Reconciler.resume}. */
  suspend(name: string): void {
    const topology = this.#topologies.known(name);
    topology.suspended = true;
    topology.cancelRetries();
    this.#changes.emit();
  }

  /** True for a suspended topology. */
  isSuspended(name: string): boolean {
    return this.#topologies.find(name)?.suspended === true;
  }

  /** Resumes a topology. */
  resume(name: string): void {
    const topology = this.#topologies.known(name);
    topology.suspended = false;
    this.#checks.soon(topology);
  }

  /** The status of a topology. ENOENT if there is none of that name. */
  async status(name: string): Promise<TopologyStatus> {
    return await this.#statuses.read(this.#topologies.known(name));
  }

  /** The status of all topologies. */
  async statuses(): Promise<readonly TopologyStatus[]> {
    return await Promise.all(this.names.map((name) => this.status(name)));
  }

  /**
   * Waits until a topology is Ready, or cannot become so automatically: Stalled, suspended, or changed manually.
   *
   * @param options.generation wait for this generation; later changes do not prolong that
   * @throws the signal's reason, if it aborts first; NetgraphError ENOENT if the topology does not exist, or is removed
   */
  async wait(
    name: string,
    { signal, generation = Infinity }: { signal?: AbortSignal; generation?: number | undefined } = {},
  ): Promise<TopologyStatus> {
    for (;;) {
      signal?.throwIfAborted();
      const change = this.#changes.next(signal);
      try {
        const topology = this.#topologies.known(name);
        if (topology.settled !== null && topology.settled.generation >= generation) return topology.settled;
        if (!topology.applying) {
          const status = await this.status(name);
          if (!this.#topologies.known(name).applying && isSettled(topology, status)) return status;
        }
        await change.promise;
      } finally {
        change.cancel();
      }
    }
  }

  /** Stops reconciling everything; running topologies continue. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#topologies.close();
    this.#statuses.close();
    this.#unsubscribe();
    const topologies = this.#topologies.list();
    for (const topology of topologies) this.#forget(topology);
    await Promise.all(topologies.map((topology) => topology.enqueue(() => Promise.resolve())));
    // A task in progress may have planned something.
    for (const topology of topologies) topology.cancelRetries();
    this.#changes.emit();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #forget(topology: Topology): void {
    this.#topologies.remove(topology);
    this.#confirmer.clear(topology);
    this.#checks.cancel(topology);
    this.#statuses.forget(topology.name);
  }

  #addressChanged(name: string): void {
    const topology = this.#topologies.find(name);
    if (topology === undefined) return;
    this.#checks.soon(topology);
    this.#options.onChanged?.();
  }
}
