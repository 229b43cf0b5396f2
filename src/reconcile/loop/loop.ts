/**
 * The loop: what was asked for is made so, and kept so.
 *
 * Level-triggered: an event says only that something may have changed; what is done follows from what runs and what is
 * wanted, read anew. Whatever changes one topology is done one after the other.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphEvent } from "../../graph/data/event.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { runCooperatively, Turns } from "../../cooperative.ts";
import type { ApplyResult } from "../apply/apply.ts";
import { draftChange, observeTopology } from "./change.ts";
import type { DesiredState } from "./desired_state.ts";
import { ChangeSignal } from "./change_signal.ts";
import { countConnections, totalConnections } from "../plan/connections.ts";
import { isLeftAlone, isSourceTrouble, type Trouble } from "../status/condition.ts";
import { Changer, together, type TopologyChange } from "./changer.ts";
import { Confirmer } from "./confirm.ts";
import { requireAdoptable } from "../diff/dangling.ts";
import { Healer } from "./healer.ts";
import type { Plan } from "../plan/plan.ts";
import { Planner } from "./planner.ts";
import { LostAddresses } from "../status/lost_address.ts";
import { statusTask } from "../status/status.ts";
import type { SourceStatus, TopologyStatus } from "../status/status_types.ts";
import type { ReconcileOptions, ReconcilerOptions } from "./reconcile_options.ts";
import { type DesiredTopology, type HistoryEntry, LIBRARY_SOURCE, Topology } from "./topology.ts";

/** `changed` comes with every connection: so often at most is looked again because of it. */
const LOOK_AGAIN_MS = 1_000;

/** Keeps topologies as they were asked to be. */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #topologies = new Map<string, Topology>();
  readonly #looks = new Map<string, Timer>();
  readonly #changes = new ChangeSignal();
  readonly #healer: Healer;
  readonly #confirmer: Confirmer;
  readonly #changer: Changer;
  /** What changes would do. */
  readonly planner: Planner;
  readonly #unsubscribe: () => void;
  /** Null where no address is looked at. */
  readonly #lost: LostAddresses | null;
  /** After a change of a thousand topologies all of them are looked at, at the same time. */
  readonly #turns: Turns;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { ownAddress, clock } = options;
    this.#lost = ownAddress === undefined ? null : new LostAddresses(ownAddress, clock);
    this.#turns = new Turns(options);
    this.#healer = new Healer(options, {
      changed: () => this.#changes.emit(),
      run: (topology, task) => this.#inBackground(topology, task),
      look: (topology) => this.#lookSoon(topology),
    });
    this.#confirmer = new Confirmer(options, {
      changed: () => this.#changes.emit(),
      run: (topology, task) => this.#inBackground(topology, task),
      change: (wishes) => this.#changer.carryOut(wishes.map((one) => ({ ...one, options: { unconfirmed: "keep" } }))),
      together: (topologies, task) => this.#together(topologies, task),
      down: (topology) => this.#downNow(topology),
    });
    this.#changer = new Changer(options, this.#confirmer, {
      topologyOf: (name) => this.#topologyOf(name),
      others: (topology) => [...this.#topologies.values()].filter((one) => one !== topology && one.generation > 0),
      look: (topology) => this.#lookSoon(topology),
      changed: (topology) => this.#afterChange(topology),
      down: (topology) => this.#downNow(topology),
    });
    this.planner = new Planner(options, {
      known: (name) => this.#known(name),
      knownOrNew: (name) => this.#knownOrNew(name),
      running: () => this.desired.map(({ state }) => state),
    });
    this.#unsubscribe = options.port.subscribe((event) => this.#heard(event));
  }

  /** The names of the topologies, in the order they came. */
  get names(): readonly string[] {
    return [...this.#topologies.keys()];
  }

  /** What is wanted, by topology; those of which nothing was ever applied are left out. */
  get desired(): readonly DesiredTopology[] {
    const applied = [...this.#topologies.values()].filter(({ generation }) => generation > 0);
    return applied.map(({ desired, source, awaiting }) => ({ state: desired, source, awaits: awaiting !== null }));
  }

  /** The generation that is wanted of a topology; 0 when there is none. */
  generation(name: string): number {
    return this.#topologies.get(name)?.generation ?? 0;
  }

  /** What {@linkcode Reconciler.apply} would do. */
  async plan(desired: GraphState, options: { replace?: readonly string[] } = {}): Promise<Plan> {
    return (await draftChange(this.#options, { topology: this.#knownOrNew(desired.name), desired, ...options })).plan;
  }

  /**
   * Makes a topology so. A failing step is undone and told in the result.
   *
   * @throws the signal's reason when it aborts; NetgraphError ENOENT for a node to be replaced that is not wanted
   */
  apply(desired: GraphState, options: ReconcileOptions = {}): Promise<ApplyResult> {
    const wish = { desired, source: options.source ?? LIBRARY_SOURCE };
    return this.#change(this.#topologyOf(desired.name), () => wish, options);
  }

  /**
   * Makes several topologies so, as one change: all or none, and what one of them gives up another can take.
   *
   * @returns the results, in the order of the changes
   * @throws what {@linkcode Reconciler.apply} throws
   */
  applyTogether(changes: readonly TopologyChange[]): Promise<readonly ApplyResult[]> {
    return this.#changer.change(changes.map(({ state, removesFrom, ...options }) => ({
      name: state.name,
      wishOf: () => {
        const known = this.#topologies.get(state.name);
        // Another source has taken it over meanwhile: it is not this one's to remove.
        if (removesFrom !== undefined && known !== undefined && known.source.location !== removesFrom) return known;
        return { desired: state, source: options.source ?? LIBRARY_SOURCE, removes: removesFrom !== undefined };
      },
      options,
    })));
  }

  /** Makes a topology as it is wished when it is its turn. */
  async #change(topology: Topology, wishOf: () => DesiredState, options: ReconcileOptions): Promise<ApplyResult> {
    const [result] = await this.#changer.change([{ name: topology.name, wishOf, options }]);
    if (result === undefined) throw new RangeError("A change has a result");
    return result;
  }

  #afterChange(topology: Topology): void {
    topology.applies -= 1;
    if (topology.closed) return;
    if (topology.generation > 0) this.#lookSoon(topology);
    else if (topology.applies === 0 && !topology.expected) this.#forget(topology);
  }

  /** Makes what a hand changed as it was wanted, and tries at once what would be tried later. */
  async reconcile(name: string, options: Omit<ReconcileOptions, "source"> = {}): Promise<ApplyResult> {
    const topology = this.#known(name);
    // What is wanted is asked when it is its turn: a change that is under way is not to be taken back.
    const how: ReconcileOptions = { ...options, unconfirmed: "keep" };
    const result = await this.#change(topology, () => this.#known(name, { applied: true }), how);
    await topology.enqueue(() => this.#healer.retryNow(topology));
    return result;
  }

  /**
   * Goes back to an earlier generation, under a new number.
   *
   * @throws NetgraphError ENOENT for a generation that nobody remembers
   */
  rollback(name: string, generation: number | null, options: ReconcileOptions = {}): Promise<ApplyResult> {
    const { state, source } = this.#known(name).remembered(generation);
    return this.apply(state, { source, ...options, unconfirmed: "clear" });
  }

  /** Shows what a client did to a topology, while that differs from what was applied from its source last. */
  depart(name: string, departure: Trouble): void {
    this.#known(name).depart(departure);
    this.#changes.emit();
  }

  /**
   * Makes what awaits its confirmation last.
   *
   * @returns its generation
   * @throws NetgraphError ENOENT when nothing does
   */
  confirm(name: string): number {
    return this.#confirmer.confirm(this.#known(name));
  }

  /**
   * Takes what runs, whatever hands did to it, for what is wanted.
   *
   * @throws NetgraphError EINVAL where a message speaks of a name that a hand took away
   */
  adopt(name: string): Promise<GraphState> {
    const topology = this.#known(name);
    return topology.enqueue(async () => {
      const before = await observeTopology(this.#options, this.#known(name, { applied: true }));
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

  /** What runs, as a topology that can be applied. */
  async export(name: string): Promise<GraphState> {
    return await observeTopology(this.#options, this.#known(name));
  }

  /** The generations that are remembered, the oldest first. */
  history(name: string): readonly HistoryEntry[] {
    return this.#known(name).history;
  }

  /**
   * Stops a topology and forgets it.
   *
   * @returns how many connections that closes
   */
  down(name: string): Promise<number> {
    const topology = this.#known(name);
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

  /** Leaves a topology alone: nothing is healed until {@linkcode Reconciler.resume}. */
  suspend(name: string): void {
    const topology = this.#known(name);
    topology.suspended = true;
    topology.cancelRetries();
    this.#changes.emit();
  }

  /** True for a topology that is left alone. */
  isSuspended(name: string): boolean {
    return this.#topologies.get(name)?.suspended === true;
  }

  /** Looks after a topology again. */
  resume(name: string): void {
    const topology = this.#known(name);
    topology.suspended = false;
    this.#lookSoon(topology);
  }

  /**
   * Says what keeps the source of a topology from being applied; null when nothing does any more.
   *
   * @param source where it is to come from: then it is shown although nothing of it runs
   */
  setTrouble(name: string, trouble: Trouble | null, source: SourceStatus | null = null): void {
    const topology = source === null ? this.#known(name) : this.#topologyOf(name);
    if (source !== null) topology.expect(source);
    topology.trouble = trouble;
    this.#changes.emit();
  }

  /**
   * Notes what the source of a suspended topology holds.
   *
   * @returns true where that is not what was applied last: the change is held back
   */
  holdBack(name: string, state: GraphState): boolean {
    const held = this.#known(name).holdBack(state);
    this.#changes.emit();
    return held;
  }

  /** True where the source of a topology has it no more. */
  isOrphaned(name: string): boolean {
    return this.#known(name).orphaned;
  }

  /** Notes that the source of a topology has it no more: what was wrong with that source is not wrong with it. */
  setOrphaned(name: string): void {
    const topology = this.#known(name);
    topology.orphaned = true;
    if (topology.trouble !== null && isSourceTrouble(topology.trouble.reason)) topology.trouble = null;
    this.#changes.emit();
  }

  /** Forgets a topology that never ran and that its source has no more: there is nothing to say of it. */
  forgetUnapplied(name: string): void {
    const topology = this.#topologies.get(name);
    if (topology === undefined || topology.generation > 0 || topology.applies > 0) return;
    this.#forget(topology);
    this.#changes.emit();
  }

  /** How a topology fares. ENOENT when there is none of that name. */
  async status(name: string): Promise<TopologyStatus> {
    const topology = this.#known(name);
    await this.#turns.next();
    const found = await this.#options.port.snapshot(name);
    const snapshot = found === null ? null : this.#lost?.marked(found) ?? found;
    const { types, clock } = this.#options;
    const { facts } = topology;
    const status = await runCooperatively(statusTask({ ...facts, types, snapshot, now: clock.wall() }), this.#options);
    // Who asked later may have been answered earlier.
    if (topology.conditions === facts.conditions) topology.conditions = status.conditions;
    return status;
  }

  /** How all topologies fare. */
  async statuses(): Promise<readonly TopologyStatus[]> {
    return await Promise.all(this.names.map((name) => this.status(name)));
  }

  /**
   * Waits until a topology is Ready, or cannot become so by itself: Stalled, suspended, or changed manually.
   *
   * @throws the signal's reason, when it aborts first; NetgraphError ENOENT when the topology is not there, or goes
   */
  async wait(name: string, options: { signal?: AbortSignal } = {}): Promise<TopologyStatus> {
    for (;;) {
      options.signal?.throwIfAborted();
      const change = this.#changes.next(options.signal);
      try {
        const status = await this.status(name);
        const settled = status.conditions.some((one) => one.type !== "Reconciling" && one.status === "True");
        const topology = this.#known(name);
        if (!topology.applying && (settled || isLeftAlone(topology, status))) return status;
        await change.promise;
      } finally {
        change.cancel();
      }
    }
  }

  /** Stops looking after everything; what runs goes on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    const topologies = [...this.#topologies.values()];
    for (const topology of topologies) this.#forget(topology);
    await Promise.all(topologies.map((topology) => topology.enqueue(() => Promise.resolve())));
    // What was under way may have planned something.
    for (const topology of topologies) topology.cancelRetries();
    this.#changes.emit();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #topologyOf(name: string): Topology {
    if (this.#closed) throw new TypeError("Cannot apply: the reconciler is closed");
    const topology = this.#knownOrNew(name);
    this.#topologies.set(name, topology);
    return topology;
  }

  #knownOrNew(name: string): Topology {
    return this.#topologies.get(name) ?? new Topology(name, this.#options.clock);
  }

  #known(name: string, options: { applied?: boolean } = {}): Topology {
    const topology = this.#topologies.get(name);
    const missing = topology === undefined || (options.applied === true && topology.generation === 0);
    if (missing) throw new NetgraphError("ENOENT", `Cannot find topology "${name}"`);
    return topology;
  }

  #forget(topology: Topology): void {
    topology.closed = true;
    topology.cancelRetries();
    this.#confirmer.clear(topology);
    this.#looks.get(topology.name)?.cancel();
    this.#looks.delete(topology.name);
    this.#topologies.delete(topology.name);
  }

  #heard(event: GraphEvent): void {
    if (event.kind !== "changed" && event.kind !== "failed") return;
    const topology = this.#topologies.get(event.kind === "changed" ? event.scope : event.topology);
    if (topology === undefined) return;
    if (event.kind === "failed") return this.#lookSoon(topology);
    if (this.#looks.has(topology.name)) return;
    const timer = this.#options.clock.after(LOOK_AGAIN_MS, () => this.#lookSoon(topology));
    this.#looks.set(topology.name, timer);
  }

  /** Looks at what runs, once what is under way is over; asking twice looks once. */
  #lookSoon(topology: Topology): void {
    this.#looks.get(topology.name)?.cancel();
    this.#looks.delete(topology.name);
    this.#changes.emit();
    if (topology.lookPending || topology.closed) return;
    topology.lookPending = true;
    this.#inBackground(topology, async () => {
      topology.lookPending = false;
      await this.#healer.look(topology);
    });
  }

  /** Runs a task of the loop's own for several topologies, as {@linkcode Reconciler.#inBackground}. */
  #together(topologies: readonly Topology[], task: () => Promise<void>): void {
    together(topologies, task).catch((error: unknown) => {
      const [first] = topologies;
      if (first?.closed === false) this.#emitError(first, error);
    });
  }

  /** Runs a task of the loop's own, whose failure nobody else would hear of. */
  #inBackground(topology: Topology, task: () => Promise<void>): void {
    topology.enqueue(async () => {
      await this.#turns.next();
      if (topology.closed) return;
      await task();
      // A condition changes when it does, not when somebody asks.
      if (!topology.closed) await this.status(topology.name);
    }).catch((error: unknown) => {
      if (!topology.closed) this.#emitError(topology, error);
    });
  }

  #emitError({ name }: Topology, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onEvent?.({ kind: "error", topology: name, message });
  }
}
