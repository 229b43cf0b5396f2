/**
 * The operations on running topologies: generations, suspension, draining and removal.
 *
 * @module
 */

import { duration } from "../ascii/duration.ts";
import { runningHint } from "../ascii/near.ts";
import type { ApplyEvent, ApplyOutcome } from "../api/apply_event.ts";
import type {
  AdoptResult,
  Confirmed,
  DownRequest,
  DownResult,
  DrainApi,
  DrainOutcome,
  DrainRequest,
  Generation,
  ReconcileRequest,
  RollbackRequest,
  TopologyApi,
} from "../api/operations/topology.ts";
import type { Clock } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { DrainResult } from "../graph/core/drain.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { GraphPort } from "../graph/port/port.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import { dumpTopology } from "../topology/print/dump.ts";
import type { Changes } from "./changes.ts";
import type { Followers } from "./following/followers.ts";
import { reconcileNow } from "./following/reconcile_now.ts";
import { rollBack, showDeparture } from "./following/roll_back.ts";
import type { SavedStates } from "./following/saved_states.ts";
import type { SupervisedPort } from "./worker/supervised_port.ts";

/** The client that removed everything receives the answer before the engine ends. */
const LEAVE_AFTER_MS = 100;

/** The parts of an engine that operate topologies. */
export interface TopologyParts {
  readonly clock: Clock;
  readonly port: GraphPort;
  readonly supervised: SupervisedPort | null;
  readonly types: readonly NodeType[];
  readonly reconciler: Reconciler;
  readonly changes: Changes;
  readonly followers: Followers;
  readonly savedStates: SavedStates | null;
  readonly status: () => Promise<Status>;
  /** Called after a change that causes no event. */
  readonly changed: () => void;
  /** Ends an engine in the background, when everything is removed. */
  readonly leave?: () => void;
}

/** @throws NetgraphError ENOENT for a name that does not run */
export function requireTopology({ names }: Pick<Reconciler, "names">, name: string): void {
  if (names.includes(name)) return;
  throw new NetgraphError("ENOENT", `Topology "${name}" is not running: ${runningHint(name, names)}`);
}

/** Operates topologies. */
export class TopologyOperations implements TopologyApi, DrainApi {
  readonly #parts: TopologyParts;

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  /** The generations that are kept, the oldest first. */
  async history(name: string): Promise<readonly Generation[]> {
    this.#mustRun(name);
    const { generation: now } = await this.#parts.reconciler.status(name);
    return this.#parts.reconciler.history(name).map(({ generation, result, source: applied, appliedAt }) => {
      const source = { kind: applied.kind, location: applied.location, revision: applied.revision };
      return { generation, result, current: generation === now, source, appliedAt };
    });
  }

  /** Rolls back to an earlier generation, under a new number. */
  async rollback(request: RollbackRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    this.#mustRun(request.name);
    return await rollBack(request, emit, this.#parts);
  }

  /** Reads the followed source, reverts manual changes, and retries immediately. */
  async reconcile(request: ReconcileRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    this.#mustRun(request.name);
    return await reconcileNow(request, emit, this.#parts);
  }

  /** Confirms unconfirmed changes: those of the named topologies, or of all. */
  async confirm(names: readonly string[]): Promise<readonly Confirmed[]> {
    for (const name of names) this.#mustRun(name);
    const { topologies } = await this.#parts.status();
    const awaiting = topologies.filter(({ confirmUntil }) => confirmUntil !== null).map(({ name }) => name);
    const desired = names.length === 0 ? awaiting : [...new Set(names)];
    if (desired.length === 0) throw new NetgraphError("ENOENT", "No change awaits confirmation");
    const other = desired.find((name) => !awaiting.includes(name));
    if (other !== undefined) throw new NetgraphError("ENOENT", `No change of "${other}" awaits confirmation`);
    const confirmed = desired.map((topology) => ({ topology, generation: this.#parts.reconciler.confirm(topology) }));
    this.#parts.changed();
    return confirmed;
  }

  /** Accepts the running state as the desired one; does nothing without differences. */
  async adopt(name: string): Promise<AdoptResult> {
    this.#mustRun(name);
    const { drift, driftOthers, generation } = await this.#parts.reconciler.status(name);
    if (drift === null) return { topology: name, generation, drift };
    await this.#parts.reconciler.adopt(name);
    const follower = this.#parts.followers.followerOf(name);
    follower?.noteDeparture(name, "adoption");
    showDeparture(name, "adoption", { follower, reconciler: this.#parts.reconciler });
    this.#parts.savedStates?.save(name);
    this.#parts.changed();
    const adopted = await this.#parts.reconciler.status(name);
    return {
      topology: name,
      generation: adopted.generation,
      drift,
      ...(driftOthers === undefined ? {} : { driftOthers }),
    };
  }

  /** Suspends a topology until {@linkcode TopologyOperations.resume}: failures are not repaired. */
  suspend(name: string): Promise<void> {
    return this.#change(name, () => this.#parts.reconciler.suspend(name));
  }

  /** Resumes a topology. */
  resume(name: string): Promise<void> {
    return this.#change(name, () => {
      this.#parts.reconciler.resume(name);
      this.#parts.followers.resumed(name);
    });
  }

  /** Stops topologies; all of them if none is named, and then itself if it is in the background. */
  async down({ names, drainMs = 0 }: DownRequest): Promise<DownResult> {
    this.#parts.supervised?.require();
    this.#mustAllRun(names);
    const stopped = names.length === 0 ? this.#parts.reconciler.names : [...new Set(names)];
    await this.#parts.followers.release(stopped);
    const drained = drainMs === 0 || stopped.length === 0
      ? {}
      : { drained: await this.drain({ targets: stopped, generation: null, timeoutMs: drainMs }) };
    // Their counts stay in the metrics, unchanged.
    await this.#parts.status();
    const closed: Record<string, number> = {};
    const unapplied = stopped.filter((name) => this.#parts.reconciler.generation(name) === 0);
    for (const name of stopped) {
      // Another client may have stopped it meanwhile.
      if (this.#parts.reconciler.names.includes(name)) closed[name] = await this.#parts.reconciler.down(name);
    }
    this.#parts.savedStates?.remove(stopped);
    for (const name of stopped) this.#parts.followers.addressesFreed(name);
    this.#parts.changed();
    const { leave, clock } = this.#parts;
    const result = { stopped, closed, ...drained, ...(unapplied.length === 0 ? {} : { unapplied }) };
    if (leave === undefined || names.length > 0) return result;
    clock.after(LEAVE_AFTER_MS, leave);
    return { ...result, ending: true };
  }

  /** Stops accepting connections; closes open ones within a time limit. */
  async drain(request: DrainRequest): Promise<readonly DrainOutcome[]> {
    this.#parts.supervised?.require();
    for (const target of request.targets) {
      this.#mustRun(topologyOf(target));
      this.#requireGeneration(topologyOf(target), request.generation);
    }
    const targets = request.targets.length === 0 ? this.#parts.reconciler.names : request.targets;
    return await drainTargets(this.#parts.port, { ...request, targets });
  }

  /** The running topologies as YAML; several as several documents. */
  async export(name: string | null): Promise<string> {
    this.#parts.supervised?.require();
    if (name !== null) this.#mustRun(name);
    const names = name === null ? this.#parts.reconciler.names : [name];
    const texts: string[] = [];
    for (const one of names) texts.push(dumpTopology(await this.#parts.reconciler.export(one), this.#parts.types));
    return texts.join("---\n");
  }

  async #change(name: string, act: () => void): Promise<void> {
    this.#mustRun(name);
    act();
    this.#parts.changed();
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

  /** A generation that is still to come has no connections: its number is a mistake. */
  #requireGeneration(name: string, generation: number | null): void {
    const current = this.#parts.reconciler.generation(name);
    if (generation === null || generation <= current) return;
    const message = `Cannot drain generation ${generation} of "${name}": generation ${current} is the newest`;
    throw new NetgraphError("ENOENT", message);
  }

  #mustRun(name: string): void {
    requireTopology(this.#parts.reconciler, name);
  }
}

/** Drains all targets together: the deadline is the same for all. */
async function drainTargets(port: GraphPort, request: DrainRequest): Promise<readonly DrainOutcome[]> {
  const { targets, generation, timeoutMs } = request;
  const fields = [
    `timeout=${duration.format(timeoutMs)}`,
    ...(generation === null ? [] : [`generation=${generation}`]),
  ];
  return await Promise.all(targets.map(async (target): Promise<DrainOutcome> => {
    const path = target.includes("/") ? `${target}:` : `${target}/:`;
    const { value } = await port.send(path, "drain", `{ ${fields.join(" ")} }`);
    if (!isResult(value)) throw new NetgraphError("EPROTO", `Cannot read how "${target}" was drained`);
    const { ended, closed, remaining } = value;
    return { target, ended, closed, ...(remaining === undefined ? {} : { remaining }) };
  }));
}

/** The topology of a target. */
function topologyOf(target: string): string {
  const slash = target.indexOf("/");
  return slash < 0 ? target : target.slice(0, slash);
}

function isResult(value: unknown): value is DrainResult {
  return typeof value === "object" && value !== null && "ended" in value && "closed" in value;
}
