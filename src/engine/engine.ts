/**
 * The engine: a graph, its sockets, the loop that keeps it in the desired state, and the control socket. They are
 * created and closed only here.
 *
 * Closing goes from the outside in: first no more requests, then no more repairs and the nodes end, then their sockets.
 *
 * @module
 */

import type { FollowRequest } from "../api/operations/source.ts";
import type { ConnectionLine } from "../api/operations/connection_events.ts";
import type { ControlEvent } from "../api/operations/events.ts";
import type {
  AdoptResult,
  Confirmed,
  DownRequest,
  DownResult,
  DrainOutcome,
  DrainRequest,
  Generation,
  ReconcileRequest,
  RollbackRequest,
} from "../api/operations/topology.ts";
import type { ApplyEvent, ApplyOutcome } from "../api/apply_event.ts";
import type { ApplyRequest, PlanRequest, PlanResult } from "../api/operations/apply.ts";
import type { EngineApi } from "../api/engine_api.ts";
import type { MsgRequest, MsgResult } from "../api/operations/nodes.ts";
import type { TapLine, TapQuery } from "../api/operations/tap.ts";
import type { WaitRequest, WaitResult } from "../api/operations/status.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { GraphPort } from "../graph/port/port.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { LiveNode } from "../reconcile/status/live_node.ts";
import { Reconciler } from "../reconcile/loop/loop.ts";
import type { StallCause } from "../reconcile/status/condition.ts";
import type { AppliedSource, Status } from "../reconcile/status/status_types.ts";
import { EngineMeters } from "../telemetry/meters.ts";
import { VERSION } from "../version.ts";
import { type ChangeOptions, Changes } from "./changes.ts";
import { claimControlSocket } from "./control_socket.ts";
import { baseOn, type EngineOptions, type StartOptions } from "./engine_options.ts";
import { Followers } from "./following/followers.ts";
import { followTarget } from "./following/follow_target.ts";
import { Graph } from "./library/graph.ts";
import { graphHere } from "./open_graph.ts";
import { openResources } from "./resources.ts";
import { IDLE_BYTES, SMALL_BYTES, ThreadLoader } from "./loading/thread_loader.ts";
import { EventStream } from "./event_stream.ts";
import { openByName, type OpeningByName } from "./opening.ts";
import { recordReread } from "./following/reread.ts";
import type { Running } from "./page/data.ts";
import { planRequested } from "./planning.ts";
import { addressKnowledge } from "./refused_address.ts";
import { restoreTopologies } from "./restore.ts";
import { type SavedStates, savedStatesFor } from "./following/saved_states.ts";
import { Serving } from "./serving.ts";
import { StatusOperations } from "./status_operations.ts";
import { TopologyOperations } from "./topology_operations.ts";
import { TrafficStreams } from "./traffic_streams.ts";
import { UnreadSources } from "./unread_sources.ts";
import type { SupervisedPort } from "./worker/supervised_port.ts";

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
  readonly #status: StatusOperations;
  readonly #topologies: TopologyOperations;
  readonly #stream: EventStream;
  readonly #traffic: TrafficStreams;
  readonly #meters = new EngineMeters();
  readonly #changes: Changes;
  readonly #followers: Followers;
  readonly #savedStates: SavedStates | null;
  readonly #unread: UnreadSources;
  #serving: Serving | null = null;
  #closing: Promise<void> | null = null;

  /** Creates an engine without a control socket. */
  constructor(options: EngineOptions) {
    const { clock, random = Math.random, yieldToLoop } = options;
    const emit = (event: EngineEvent) => this.#emit(event);
    const changed = () => this.#stream.check();
    const placed = "graph" in options
      ? options.graph
      : graphHere(options.sockets, clock, { extra: options.types, yieldToLoop });
    const { port, capabilities: { runtime }, types, threads } = placed;
    const supervised = this.#supervised = placed.supervised ?? null;
    this.#options = options;
    this.#types = types;
    this.#unread = new UnreadSources(clock);
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
      onChanged: changed,
    });
    this.#stream = new EventStream({ clock, status: () => this.status() });
    this.#traffic = new TrafficStreams(port, clock);
    this.#changes = new Changes({
      reconciler: this.#reconciler,
      addresses: addressKnowledge(options, table),
      clock,
      yieldToLoop,
      ending: () => this.#closing !== null,
      allowExec: options.allowExec ?? [],
      mayRun: options.mayRun ?? (() => true),
      removed: (names) => this.#savedStates?.remove(names),
    });
    this.#savedStates = savedStatesFor(options, { reconciler: this.#reconciler, emit });
    const target = followTarget(this.#reconciler, this, changed);
    this.#followers = new Followers({ ...options, savedStates: this.#savedStates, types, target });
    this.#traffic.subscribe(port, { changed, failed: emit });
    const [reconciler, changes, followers] = [this.#reconciler, this.#changes, this.#followers];
    const parts = { clock, port, supervised, types, reconciler, changes, followers };
    this.#status = new StatusOperations({
      ...parts,
      about: { version: VERSION, runtime, threads, pid: options.pid, startedAt: clock.wall().toISOString() },
      meters: this.#meters,
      unread: this.#unread,
      ...(options.usage === undefined ? {} : { usage: options.usage }),
      ...(options.accessLog === undefined ? {} : { accessLog: options.accessLog }),
    });
    this.#topologies = new TopologyOperations({
      ...parts,
      savedStates: this.#savedStates,
      status: () => this.status(),
      changed,
      ...(options.leave === undefined ? {} : { leave: options.leave }),
    });
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
    const { runtime, socketRuntime, place, onEvent, onBug, leave, signal } = options;
    const claim = await claimControlSocket(runtime, place, signal === undefined ? {} : { signal });
    if (claim.kind === "taken") return null;
    await using stack = new AsyncDisposableStack();
    stack.use(claim.lease);
    const resources = await openResources(options, stack);
    const loader = new ThreadLoader({
      clock: runtime.clock,
      runtime: socketRuntime,
      hereBytes: (): number => engine.#reconciler.names.length > 0 ? SMALL_BYTES : IDLE_BYTES,
    });
    const engine: Engine = stack.use(
      new Engine({
        ...baseOn(runtime),
        ...resources,
        loader,
        onBug,
        ...(onEvent === undefined ? {} : { onEvent }),
        ...(leave === undefined ? {} : { leave }),
      }),
    );
    engine.#unread.expect(options.expects ?? []);
    await resources.accessLog?.follow(engine.#traffic.records);
    engine.#serving = await Serving.begin(engine, {
      ...options,
      lease: claim.lease,
      graph: resources.graph,
      running: engine.running,
      clock: runtime.clock,
      yieldToLoop: engine.#options.yieldToLoop,
      emit: (event) => engine.#emit(event),
    });
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

  /**
   * States, and the stored generations, for the live page.
   *
   * @internal
   */
  get running(): Running {
    return this.#reconciler;
  }

  /** The sources of the running topologies, and their variables. */
  get sources(): readonly AppliedSource[] {
    return this.#reconciler.desired.map(({ source }) => source);
  }

  /**
   * Records the result of reading sources again that are not followed, for status.
   *
   * @param origins the locations that the sources cover
   * @param found the names of the topologies that were applied from them now, or the problem
   */
  recordReread(origins: readonly string[], found: readonly string[] | StallCause): void {
    recordReread(origins, found, this.#reconciler);
  }

  /** The address at which it serves metrics over TCP; null if it does not. */
  get monitoringAddress(): string | null {
    return this.#serving?.monitoringAddress ?? null;
  }

  /** The status of all topologies. */
  status(): Promise<Status> {
    return this.#status.status();
  }

  /** The metrics, in the text format of OpenMetrics. */
  metrics(): Promise<string> {
    return this.#status.metrics();
  }

  /** Connections and copies, in the order of their creation. */
  liveNodes(topology: string): Promise<readonly LiveNode[]> {
    return this.#status.liveNodes(topology);
  }

  /** Waits until topologies are Ready, cannot become so, or the time expires. */
  wait(request: WaitRequest, options: { signal?: AbortSignal } = {}): Promise<WaitResult> {
    return this.#status.wait(request, options);
  }

  /** The effects of `apply`; changes nothing. */
  async plan(request: PlanRequest): Promise<readonly PlanResult[]> {
    this.#supervised?.require();
    return await planRequested(this.#reconciler, request, this.#options);
  }

  /** Applies topologies, one after the other, then waits for all of them together. */
  async apply(
    request: ApplyRequest,
    emit: (event: ApplyEvent) => void,
    options: ChangeOptions = {},
  ): Promise<readonly ApplyOutcome[]> {
    this.#supervised?.require();
    return await this.#unread.during([], emit, (report) => this.#changes.apply(request, report, options));
  }

  /** Applies the content of sources, and follows them from now on. */
  follow(request: FollowRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    return this.#unread.during(request.sources, emit, (report) => this.#followers.follow(request, report));
  }

  /** Applies all followed sources again, changed or not. */
  readAgain(): Promise<void> {
    return this.#followers.again();
  }

  /** Opens the file of the access log again: it may have been moved away. */
  async reopenAccessLog(): Promise<void> {
    await this.#options.accessLog?.reopen();
  }

  /** The generations that are kept, the oldest first. */
  history(name: string): Promise<readonly Generation[]> {
    return this.#topologies.history(name);
  }

  /** Rolls back to an earlier generation, under a new number. */
  rollback(request: RollbackRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    return this.#topologies.rollback(request, emit);
  }

  /** Reads the followed source, reverts manual changes, and retries immediately. */
  reconcile(request: ReconcileRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    return this.#topologies.reconcile(request, emit);
  }

  /** Confirms unconfirmed changes: those of the named topologies, or of all. */
  confirm(names: readonly string[]): Promise<readonly Confirmed[]> {
    return this.#topologies.confirm(names);
  }

  /** Accepts the running state as the desired one; does nothing without differences. */
  adopt(name: string): Promise<AdoptResult> {
    return this.#topologies.adopt(name);
  }

  /** Suspends a topology until {@linkcode Engine.resume}: failures are not repaired. */
  suspend(name: string): Promise<void> {
    return this.#topologies.suspend(name);
  }

  /** Resumes a topology. */
  resume(name: string): Promise<void> {
    return this.#topologies.resume(name);
  }

  /** Stops topologies; all of them if none is named, and then itself if it is in the background. */
  down(request: DownRequest): Promise<DownResult> {
    return this.#topologies.down(request);
  }

  /** Stops accepting connections; closes open ones within a time limit. */
  drain(request: DrainRequest): Promise<readonly DrainOutcome[]> {
    return this.#topologies.drain(request);
  }

  /** The running topologies as YAML; several as several documents. */
  export(name: string | null): Promise<string> {
    return this.#topologies.export(name);
  }

  /** Sends one control message; throws the error of the node. */
  async msg({ path, command, argument, folder }: MsgRequest): Promise<MsgResult> {
    const reply = await this.#port.send(path, command, argument, { folder: folder ?? null });
    return { from: reply.from, command: reply.command, text: reply.text };
  }

  /** Ends everything, in order. A second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await using _serving = this.#serving; // The lock is kept until everything is closed: the next engine needs our ports.
    this.#stream.close();
    await this.#serving?.close();
    const followed = this.#followers.close(); // Its tasks in progress end with the graph.
    // Together: a repair may wait for a connect, which ends with the graph, or otherwise at its limit.
    await Promise.all([this.#reconciler.close(), this.#port.close(), followed]);
    this.#traffic.close();
    await this.#options.accessLog?.close();
    await this.#savedStates?.close();
    await this.#options.state?.[Symbol.asyncDispose]();
  }

  /** The status, then events, until the signal aborts or the engine ends. If the reader is too slow, items are dropped. */
  events(options: { signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    return this.#stream.follow(options);
  }

  /** Connections that are accepted from now on, when they end, until the signal aborts or the engine ends. If the reader is too slow, items are dropped. */
  connectionEvents(options: { signal?: AbortSignal } = {}): AsyncGenerator<ConnectionLine> {
    return this.#traffic.records.follow(options);
  }

  /** Copies of what passes through connections, until the signal aborts or the engine ends. If the reader is too slow, items are dropped. */
  tap(query: TapQuery, options: { signal?: AbortSignal } = {}): AsyncGenerator<TapLine> {
    return this.#traffic.taps.follow(query, options);
  }

  /** Sends an event to all subscribers. */
  #emit(event: EngineEvent): void {
    this.#options.onEvent?.(event);
    this.#meters.take(event);
    this.#stream.take(event);
    this.#savedStates?.receive(event);
    this.#followers.take(event);
  }
}
