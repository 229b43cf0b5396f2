/**
 * Changes one or several topologies when the changes before them in their queues have ended: they are changed together or
 * not at all, and no other change interferes.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { type ApplyResult, closedBy } from "../apply/apply.ts";
import { carryOut, problemMessage } from "./change.ts";
import { confirmedState, type Confirmer, type DesiredChange, type DoneChange } from "./confirm.ts";
import { findNewOwner } from "../plan/order.ts";
import type { ReconcileOptions, ReconcilerOptions } from "./reconcile_options.ts";
import type { Topology } from "./topology.ts";
import type { DesiredState } from "./desired_state.ts";

/** The change of one of several topologies that change together. */
export interface TopologyChange extends ReconcileOptions {
  /** Its change. */
  readonly state: GraphState;
  /**
   * For a removal: the topology is removed permanently only if it still has this source at the end of the change and, if
   * requested, after confirmation. The desired state is empty.
   */
  readonly removesFrom?: string;
}

/** A requested change. */
export interface ChangeRequest {
  /** The topology. */
  readonly name: string;
  /** Called when the changes before it have ended. */
  readonly desiredStateOf: () => DesiredState & { readonly removes?: boolean };
  /** The options. */
  readonly options: ReconcileOptions;
}

interface QueuedChange extends ChangeRequest {
  readonly topology: Topology;
}

/** The limit of how long a change waits in the queues. */
interface QueueLimit {
  /** Rejects with EBUSY when the time has expired. */
  readonly timedOut: Promise<never>;
  /** Ends the wait, because the change starts. */
  readonly start: () => "in time" | "timed out";
}

/** The part of the loop that is needed. */
export interface ChangerHost {
  /** The topology of that name, known from now on. */
  topologyOf(name: string): Topology;
  /** All others that run. */
  others(topology: Topology): readonly Topology[];
  /** Schedules a check of a topology. */
  checkSoon(topology: Topology): void;
  /** Records the status at the end of a change, before the next one in the queue begins. */
  noteSettled(topology: Topology): Promise<void>;
  /** A change of the topology has ended. */
  changed(topology: Topology): void;
  /** Stops a topology exclusively; returns the number of closed connections. */
  down(topology: Topology): Promise<number>;
}

/** Changes topologies. */
export class Changer {
  readonly #options: ReconcilerOptions;
  readonly #confirmer: Confirmer;
  readonly #host: ChangerHost;

  constructor(options: ReconcilerOptions, confirmer: Confirmer, host: ChangerHost) {
    this.#options = options;
    this.#confirmer = confirmer;
    this.#host = host;
  }

  /** Applies desired states when the changes before them have ended, all or none. */
  async change(requests: readonly ChangeRequest[]): Promise<readonly ApplyResult[]> {
    for (;;) {
      const queued = requests.map((request) => ({ ...request, topology: this.#host.topologyOf(request.name) }));
      const results = await this.#changeQueued(queued);
      // Null if another change removed some of them before they started.
      if (results !== null) return results;
    }
  }

  async #changeQueued(queued: readonly QueuedChange[]): Promise<readonly ApplyResult[] | null> {
    for (const { topology } of queued) topology.applies += 1;
    const limit = this.#limitQueueing(queued);
    const done = together(queued.map(({ topology }) => topology), async () => {
      try {
        if (limit?.start() === "timed out") return null;
        const changes = queued.map((one) => {
          one.options.signal?.throwIfAborted();
          const { desired, source, removes = false } = one.desiredStateOf();
          return { ...one, desiredState: { desired, source }, removes };
        });
        if (queued.some(({ topology }) => topology.closed)) return null;
        for (const { topology, options } of queued) this.#confirmer.admit(topology, options);
        const results = await this.applyNow(changes);
        for (const { topology } of queued) await this.#host.noteSettled(topology);
        return results;
      } finally {
        for (const { topology } of queued) this.#host.changed(topology);
      }
    });
    return await (limit === null ? done : Promise.race([done, limit.timedOut]));
  }

  /** Limits how long a change waits in the queues; null if there is no limit. */
  #limitQueueing(queued: readonly QueuedChange[]): QueueLimit | null {
    const [first] = queued;
    const queueMs = first?.options.queueMs;
    if (first === undefined || queueMs === undefined) return null;
    const late = Promise.withResolvers<never>();
    let timedOut = false;
    const timer = this.#options.clock.after(queueMs, () => {
      timedOut = true;
      const names = queued.map(({ name }) => `"${name}"`).join(", ");
      late.reject(new NetgraphError("EBUSY", `Another change of ${names} is in progress; nothing was changed`));
    });
    return {
      timedOut: late.promise,
      start: () => {
        timer.cancel();
        return timedOut ? "timed out" : "in time";
      },
    };
  }

  /** Applies changes immediately; the caller holds the queues of all their topologies. */
  async applyNow(changes: readonly DesiredChange[]): Promise<readonly ApplyResult[]> {
    const start = this.#options.clock.now();
    for (const { topology } of changes) topology.applying = true;
    try {
      const formers = changes.map(({ topology }) => confirmedState(topology));
      const results = await carryOut(
        this.#options,
        changes.map((change) => ({ ...change, onLate: () => this.#host.checkSoon(change.topology) })),
      );
      const done = changes.flatMap((change, index) => {
        const [result, previous] = [results[index], formers[index] ?? null];
        const succeeded = result?.kind === "applied" || result?.kind === "unchanged";
        if (succeeded && isApply(change.options)) change.topology.settleWithSource();
        return result === undefined ? [] : [{ ...change, result: this.#explained(change, result), previous }];
      });
      this.#confirmer.note(done);
      const ms = this.#options.clock.now() - start;
      const final: ApplyResult[] = [];
      for (const change of done) final.push(await this.#finish(change, ms));
      return final;
    } finally {
      for (const { topology } of changes) topology.applying = false;
    }
  }

  async #finish({ topology, result, removes }: DoneChange, ms: number): Promise<ApplyResult> {
    if (!removes || result.kind !== "applied") {
      const event = {
        kind: "applied",
        topology: topology.name,
        result: result.kind,
        closed: closedBy(result),
        ms,
      } as const;
      this.#options.onEvent?.(event);
      return result;
    }
    const closed = result.plan.summary.closed;
    // Confirmation will remove it permanently.
    if (topology.awaiting !== null) return { ...result, closed };
    return { ...result, closed: closed + await this.#host.down(topology) };
  }

  /** Names the node of another topology that has the address which is in use. */
  #explained({ topology, desiredState }: DesiredChange, result: ApplyResult): ApplyResult {
    if ((result.kind !== "rolled-back" && result.kind !== "failed") || result.error.code !== "EADDRINUSE") {
      return result;
    }
    const node = desiredState.desired.nodes.find(({ name }) => name === result.step?.node);
    const createdElsewhere = this.#host.others(topology).flatMap(({ name, desired }) =>
      desired.nodes.map((one) => ({ topology: name, node: one }))
    );
    const holder = node === undefined ? null : findNewOwner(this.#options.types, node, createdElsewhere);
    if (holder === null) return result;
    const { code, message, subject } = result.error;
    const error = new NetgraphError(code, `${message} by "${holder.topology}/${holder.node.name}"`, { subject });
    const explained = { ...result, error };
    if (topology.stallCause?.message === problemMessage(result)) {
      topology.stallCause = { ...topology.stallCause, message: problemMessage(explained) };
    }
    return explained;
  }
}

/** True for a change from a source that is not a rollback or repair. */
function isApply({ unconfirmed = "refuse" }: ReconcileOptions): boolean {
  return unconfirmed === "refuse";
}

/** Runs a task when no other one is in progress in any of the topologies. */
export async function together<T>(topologies: readonly Topology[], task: () => Promise<T>): Promise<T> {
  const [only] = topologies;
  if (only !== undefined && topologies.length === 1) return await only.enqueue(task);
  const ended = Promise.withResolvers<void>();
  // All queues are joined without an interruption: two tasks have the same order in each.
  const entered = topologies.map((topology) => {
    const started = Promise.withResolvers<void>();
    void topology.enqueue(() => {
      started.resolve();
      return ended.promise;
    });
    return started.promise;
  });
  try {
    await Promise.all(entered);
    return await task();
  } finally {
    ended.resolve();
  }
}
