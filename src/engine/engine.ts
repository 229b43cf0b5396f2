/**
 * The engine: a graph, its sockets, the loop that keeps it in the desired state, and the control socket. They are
 * created and closed only here.
 *
 * Closing goes from the outside in: first no more requests, then no more repairs and the nodes end, then their sockets.
 *
 * @module
 */

import { knownHint } from "../ascii/near.ts";
import { controlHandler } from "../api/server.ts";
import type { DrainOutcome, DrainRequest } from "../api/operations/topology.ts";
import type { FollowRequest } from "../api/operations/source.ts";
import type { ControlEvent } from "../api/operations/events.ts";
import type {
  AdoptResult,
  Confirmed,
  Generation,
  ReconcileRequest,
  RollbackRequest,
} from "../api/operations/topology.ts";
import type { ApplyEvent, ApplyOutcome } from "../api/apply_event.ts";
import type { ApplyRequest, PlanRequest, PlanResult } from "../api/operations/apply.ts";
import type { DownRequest, DownResult } from "../api/operations/topology.ts";
import type { EngineApi } from "../api/engine_api.ts";
import type { MsgRequest, MsgResult } from "../api/operations/nodes.ts";
import type { WaitRequest, WaitResult } from "../api/operations/status.ts";
import { NetgraphError } from "../errors.ts";
import { engineServices } from "./services/services.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { GraphPort } from "../graph/port/port.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import { type LiveNode, liveNodes } from "../reconcile/status/live_node.ts";
import { Reconciler } from "../reconcile/loop/loop.ts";
import type { AppliedSource, EngineStatus, Status, UnreadSource } from "../reconcile/status/status_types.ts";
import { dumpTopology } from "../topology/print/dump.ts";
import { EngineMeters } from "../telemetry/meters.ts";
import { VERSION } from "../version.ts";
import { type ChangeOptions, Changes } from "./changes.ts";
import { drainTargets, topologyOf } from "./drain.ts";
import { claimControlSocket, type ControlSocketLease } from "./control_socket.ts";
import { baseOn, type EngineOptions, type StartOptions } from "./engine_options.ts";
import { Followers, followTarget } from "./following/followers.ts";
import { Graph } from "./library/graph.ts";
import { graphHere, openGraph } from "./open_graph.ts";
import { IDLE_BYTES, SMALL_BYTES, ThreadLoader } from "./loading/thread_loader.ts";
import { EventStream } from "./event_stream.ts";
import { openByName, type OpeningByName } from "./opening.ts";
import { duringOutage } from "./outage_status.ts";
import { showReadAgain } from "./following/read_again.ts";
import { reconcileNow } from "./following/reconcile_now.ts";
import { rollBack, showDeparture } from "./following/roll_back.ts";
import { planRequested } from "./planning.ts";
import { restoreTopologies } from "./restore.ts";
import { keeperFor, type StateKeeper } from "./following/state_keeper.ts";
import { StateStore } from "./following/state_store.ts";
import { unreadLines, UnreadSources } from "./unread_sources.ts";
import type { SupervisedPort } from "./worker/supervised_port.ts";

/** The client that removed everything receives the answer before the engine ends. */
const LEAVE_AFTER_MS = 100;

/**
 * A running graph.
 *
 * @example
 * ```ts
 * import { Engine } from "@sockgraph/sockgraph";
 *
 * await using engine = await Engine.open();
 * console.log((await engine.status()).topologies.length); // 0
 * ```
 */
export class Engine implements EngineApi, AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #types: readonly NodeType[];
  readonly #port: GraphPort;
  readonly #supervised: SupervisedPort | null;
  readonly #reconciler: Reconciler;
  readonly #about: EngineStatus;
  readonly #news: EventStream;
  readonly #meters = new EngineMeters();
  readonly #changes: Changes;
  readonly #followers: Followers;
  readonly #keeper: StateKeeper | null;
  readonly #unread: UnreadSources;
  #seat: ControlSocketLease | null = null;
  #closing: Promise<void> | null = null;

  /** Creates an engine without a control socket. */
  constructor(options: EngineOptions) {
    const { clock, random = Math.random, yieldToLoop } = options;
    const emit = (event: EngineEvent) => this.#emit(event);
    const placed = "graph" in options
      ? options.graph
      : graphHere(options.sockets, clock, { extra: options.types, yieldToLoop });
    const { port, capabilities: { runtime }, types, threads } = placed;
    this.#supervised = placed.supervised ?? null;
    this.#options = options;
    this.#types = types;
    this.#unread = new UnreadSources(clock);
    this.#about = { version: VERSION, runtime, threads, pid: options.pid, startedAt: clock.wall().toISOString() };
    this.#port = port;
    const table = new Map(types.map((type) => [type.name, type]));
    this.#reconciler = new Reconciler({
      port: this.#port,
      types: table,
      clock,
      random,
      ...(yieldToLoop === undefined ? {} : { yieldToLoop }),
      ...(options.ownAddress === undefined ? {} : { ownAddress: options.ownAddress }),
      onEvent: emit,
    });
    this.#news = new EventStream({ clock, status: () => this.status() });
    const ending = () => this.#closing !== null;
    this.#changes = new Changes({
      reconciler: this.#reconciler,
      addresses: {
        types: table,
        pid: options.pid,
        ...(options.addresses === undefined ? {} : { users: options.addresses }),
      },
      clock,
      yieldToLoop,
      ending,
      removed: (names) => this.#keeper?.forget(names),
    });
    this.#keeper = keeperFor(options, { reconciler: this.#reconciler, emit });
    this.#followers = new Followers({
      ...options,
      keeper: this.#keeper,
      types,
      target: followTarget(this.#reconciler, this, () => this.#news.look()),
    });
    this.#port.subscribe((event) => {
      if (event.kind === "changed") this.#news.look();
      else emit(event);
    });
    const { supervised } = placed;
    supervised?.listen({
      lost: (error, delayMs) => emit({ kind: "graph-lost", error: error.toData(), delayMs }),
      restarted: () => {
        emit({ kind: "graph-restarted" });
        restoreTopologies(this.#reconciler, { clock, random, signal: supervised.closing });
      },
    });
  }

  /**
   * Opens an engine without a control socket, over the named socket runtime, with own node types.
   *
   * @throws NetgraphError the errors of opening the graph: `Graph.open`
   */
  static async open(opening: OpeningByName = {}): Promise<Engine> {
    const { machine, graph } = await openByName(opening);
    return new Engine({ graph, clock: machine.clock, pid: machine.process.pid });
  }

  /**
   * Starts an engine that serves the control socket.
   *
   * @returns null if another engine answers there: the caller becomes its client
   * @throws NetgraphError the errors of `claimControlSocket` and of serving
   */
  static async start(options: StartOptions): Promise<Engine | null> {
    const { runtime, socketRuntime, place, onEvent, onBug, leave, signal, stateFolder } = options;
    const claim = await claimControlSocket(runtime, place, signal === undefined ? {} : { signal });
    if (claim.kind === "taken") return null;
    await using stack = new AsyncDisposableStack();
    stack.use(claim.seat);
    const { files, control } = runtime;
    const state = stateFolder === undefined ? {} : {
      state: stack.use(new StateStore(stateFolder, files, (path) => control.lock(path))),
    };
    await state.state?.open();
    const graph = await openGraph(runtime, socketRuntime, {
      threads: options.threads ?? 1,
      early: options.early ?? null,
    });
    const loader = new ThreadLoader({
      clock: runtime.clock,
      runtime: socketRuntime,
      hereBytes: (): number => engine.#reconciler.names.length > 0 ? SMALL_BYTES : IDLE_BYTES,
    });
    const engine: Engine = stack.use(
      new Engine({
        ...baseOn(runtime),
        graph,
        loader,
        onBug,
        ...state,
        ...(onEvent === undefined ? {} : { onEvent }),
        ...(leave === undefined ? {} : { leave }),
      }),
    );
    engine.#unread.expect(options.expects ?? []);
    const { clock } = runtime;
    await claim.seat.serve(
      controlHandler({
        services: engineServices(engine, {
          port: graph.port,
          types: graph.types,
          onChange: (change) => engine.#emit(change),
        }),
        version: VERSION,
        onBug,
        clock,
        yieldToLoop: engine.#options.yieldToLoop,
      }),
      (error) => {
        engine.#emit({ kind: "control-path", path: place.path, error: error?.toData() ?? null });
      },
    );
    engine.#seat = claim.seat;
    stack.move();
    return engine;
  }

  /** The facts of all node types, for `loadTopology`. */
  get types(): readonly NodeType[] {
    return this.#types;
  }

  /** Its graph, for manual changes: nodes that are linked to the `Graph` end with it, or with the engine. */
  get graph(): Graph {
    return Graph.of(this.#port);
  }

  /** The sources of the running topologies, and their variables. */
  get sources(): readonly AppliedSource[] {
    return this.#reconciler.desired.map(({ source }) => source);
  }

  /**
   * Shows the result of reading sources again that it does not follow.
   *
   * @param origins the locations that the sources cover
   * @param found the names of the topologies that were applied from them now, or the problem
   */
  noteReadAgain(
    origins: readonly string[],
    found: readonly string[] | { readonly reason: string; readonly message: string; readonly behind?: boolean },
  ): void {
    showReadAgain(origins, found, this.#reconciler);
  }

  /** The status of all topologies. */
  async status(): Promise<Status> {
    const topologies = await this.#reconciler.statuses();
    const outage = this.#supervised?.outage ?? null;
    const told = outage === null ? topologies : topologies.map((topology) => duringOutage(topology, outage));
    const unread = this.#unreadSources;
    const status: Status = {
      formatVersion: 1,
      engine: this.#about,
      topologies: told,
      ...(unread.length === 0 ? {} : { unread }),
    };
    if (outage === null) this.#meters.look(status);
    return status;
  }

  /** The metrics, in the text format of OpenMetrics. */
  async metrics(): Promise<string> {
    return this.#meters.text(await this.status(), this.#options.usage?.());
  }

  /** Connections and copies, in the order of their creation. */
  async liveNodes(topology: string): Promise<readonly LiveNode[]> {
    this.#mustRun(topology);
    const snapshot = await this.#port.snapshot(topology, { each: true });
    return snapshot === null ? [] : liveNodes(snapshot);
  }

  /** The effects of `apply`; changes nothing. */
  async plan(request: PlanRequest): Promise<readonly PlanResult[]> {
    this.#supervised?.require();
    return await planRequested(this.#reconciler.planner, request, this.#options);
  }

  /** Applies topologies, one after the other, then waits for all of them together. */
  async apply(
    request: ApplyRequest,
    emit: (event: ApplyEvent) => void,
    options: ChangeOptions = {},
  ): Promise<readonly ApplyOutcome[]> {
    this.#supervised?.require();
    return await this.#unread.during([], emit, (told) => this.#changes.apply(request, told, options));
  }

  /** Applies the content of sources, and follows them from now on. */
  follow(request: FollowRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    return this.#unread.during(request.sources, emit, (told) => this.#followers.follow(request, told));
  }

  get #unreadSources(): readonly UnreadSource[] {
    return [...this.#unread.all, ...this.#followers.unusable];
  }

  /** Applies all followed sources again, changed or not. */
  readAgain(): Promise<void> {
    return this.#followers.again();
  }

  /** The generations that are kept, the oldest first. */
  async history(name: string): Promise<readonly Generation[]> {
    this.#mustRun(name);
    const { generation: now } = await this.#reconciler.status(name);
    return this.#reconciler.history(name).map(({ generation, result, source: applied, appliedAt }) => {
      const source = { kind: applied.kind, location: applied.location, revision: applied.revision };
      return { generation, result, current: generation === now, source, appliedAt };
    });
  }

  /** Rolls back to an earlier generation, under a new number. */
  async rollback(request: RollbackRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    this.#mustRun(request.name);
    const parts = { followers: this.#followers, changes: this.#changes, reconciler: this.#reconciler };
    return await rollBack(request, emit, parts);
  }

  /** Reads the followed source, reverts manual changes, and retries immediately. */
  async reconcile(request: ReconcileRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    this.#mustRun(request.name);
    const parts = { followers: this.#followers, changes: this.#changes, reconciler: this.#reconciler };
    return await reconcileNow(request, emit, parts);
  }

  /** Confirms unconfirmed changes: those of the named topologies, or of all. */
  async confirm(names: readonly string[]): Promise<readonly Confirmed[]> {
    for (const name of names) this.#mustRun(name);
    const { topologies } = await this.status();
    const awaiting = topologies.filter(({ confirmUntil }) => confirmUntil !== null).map(({ name }) => name);
    const desired = names.length === 0 ? awaiting : [...new Set(names)];
    if (desired.length === 0) throw new NetgraphError("ENOENT", "No change awaits confirmation");
    const other = desired.find((name) => !awaiting.includes(name));
    if (other !== undefined) throw new NetgraphError("ENOENT", `No change of "${other}" awaits confirmation`);
    const confirmed = desired.map((topology) => ({ topology, generation: this.#reconciler.confirm(topology) }));
    this.#news.look();
    return confirmed;
  }

  /** Accepts the running state as the desired one; does nothing without differences. */
  async adopt(name: string): Promise<AdoptResult> {
    this.#mustRun(name);
    const { drift, generation } = await this.#reconciler.status(name);
    if (drift === null) return { topology: name, generation, drift };
    await this.#reconciler.adopt(name);
    const follower = this.#followers.followerOf(name);
    follower?.noteDeparture(name, "adoption");
    showDeparture(name, "adoption", { follower, reconciler: this.#reconciler });
    this.#keeper?.keep(name);
    this.#news.look();
    return { topology: name, generation: (await this.#reconciler.status(name)).generation, drift };
  }

  /** Suspends a topology until {@linkcode Engine.resume}: failures are not repaired. */
  suspend(name: string): Promise<void> {
    return this.#told(name, () => this.#reconciler.suspend(name));
  }

  /** Resumes a topology. */
  resume(name: string): Promise<void> {
    return this.#told(name, () => {
      this.#reconciler.resume(name);
      this.#followers.resumed(name);
    });
  }

  /** Stops topologies; all of them if none is named, and then itself if it is in the background. */
  async down({ names, drainMs = 0 }: DownRequest): Promise<DownResult> {
    this.#supervised?.require();
    this.#mustAllRun(names);
    const stopped = names.length === 0 ? this.#reconciler.names : [...new Set(names)];
    await this.#followers.release(stopped);
    const drained = drainMs === 0 || stopped.length === 0
      ? {}
      : { drained: await this.drain({ targets: stopped, generation: null, timeoutMs: drainMs }) };
    // Their counts stay in the metrics, unchanged.
    await this.status();
    const closed: Record<string, number> = {};
    const unapplied = stopped.filter((name) => this.#reconciler.generation(name) === 0);
    for (const name of stopped) {
      // Another client may have stopped it meanwhile.
      if (this.#reconciler.names.includes(name)) closed[name] = await this.#reconciler.down(name);
    }
    this.#keeper?.forget(stopped);
    for (const name of stopped) this.#followers.addressesFreed(name);
    this.#news.look();
    const { leave, clock } = this.#options;
    const result = { stopped, closed, ...drained, ...(unapplied.length === 0 ? {} : { unapplied }) };
    if (leave === undefined || names.length > 0) return result;
    clock.after(LEAVE_AFTER_MS, leave);
    return { ...result, ending: true };
  }

  /** Accepts no new connections, and ends open ones by a deadline. */
  async drain(request: DrainRequest): Promise<readonly DrainOutcome[]> {
    this.#supervised?.require();
    for (const target of request.targets) this.#mustRun(topologyOf(target));
    const targets = request.targets.length === 0 ? this.#reconciler.names : request.targets;
    return await drainTargets(this.#port, { ...request, targets });
  }

  /** Sends one control message; throws the error of the node. */
  async msg({ path, command, argument }: MsgRequest): Promise<MsgResult> {
    const reply = await this.#port.send(path, command, argument);
    return { from: reply.from, command: reply.command, text: reply.text };
  }

  /** The running topologies as YAML; several as several documents. */
  async export(name: string | null): Promise<string> {
    this.#supervised?.require();
    if (name !== null) this.#mustRun(name);
    const names = name === null ? this.#reconciler.names : [name];
    const texts: string[] = [];
    for (const one of names) texts.push(dumpTopology(await this.#reconciler.export(one), this.#types));
    return texts.join("---\n");
  }

  /** Waits until topologies are Ready, cannot become so, or the time expires. */
  async wait(request: WaitRequest, options: { signal?: AbortSignal } = {}): Promise<WaitResult> {
    // A named topology may belong to a source that is being read.
    const timeoutMs = await this.#unread.wait(request.timeoutMs, options.signal);
    for (const name of request.names) this.#mustRun(name);
    const names = request.names.length === 0 ? this.#reconciler.names : request.names;
    const all = await Promise.all(names.map((name) => this.#changes.whyNotReady(name, { ...options, timeoutMs })));
    const unread = request.names.length === 0 ? unreadLines(this.#unreadSources) : [];
    const waiting = [...unread, ...all.filter((line) => line !== null)];
    return { ready: waiting.length === 0, waiting };
  }

  /** Ends everything, in order. A second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await using _seat = this.#seat; // The lock is kept until everything is closed: the next engine needs our ports.
    this.#news.close();
    await this.#seat?.close();
    const followed = this.#followers.close(); // Its tasks in progress end with the graph.
    // Together: a repair may wait for a connect, which ends with the graph, or otherwise at its limit.
    await Promise.all([this.#reconciler.close(), this.#port.close(), followed]);
    await this.#keeper?.close();
    await this.#options.state?.[Symbol.asyncDispose]();
  }

  /** The status, then events, until the signal aborts or the engine ends. A slow reader misses some of it. */
  events(options: { signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    return this.#news.follow(options);
  }

  /** Sends an event to all subscribers. */
  #emit(event: EngineEvent): void {
    this.#options.onEvent?.(event);
    this.#meters.take(event);
    this.#news.take(event);
    this.#keeper?.take(event);
    this.#followers.take(event);
  }

  async #told(name: string, emit: () => void): Promise<void> {
    this.#mustRun(name);
    emit();
    this.#news.look();
    await Promise.resolve();
  }

  /** All or none: one of several names may be misspelt. */
  #mustAllRun(names: readonly string[]): void {
    try {
      for (const name of names) this.#mustRun(name);
    } catch (error) {
      if (!(error instanceof NetgraphError) || names.length < 2) throw error;
      throw new NetgraphError(error.code, `${error.message}; nothing was stopped`, { cause: error });
    }
  }

  #mustRun(name: string): void {
    const { names } = this.#reconciler;
    if (names.includes(name)) return;
    throw new NetgraphError("ENOENT", `No topology "${name}" runs: ${knownHint(name, names) ?? "nothing runs"}`);
  }
}
