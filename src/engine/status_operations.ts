/**
 * The status of an engine: topologies, metrics, and waiting for Ready.
 *
 * @module
 */

import type { StatusApi, WaitRequest, WaitResult } from "../api/operations/status.ts";
import type { GraphPort } from "../graph/port/port.ts";
import { type LiveNode, liveNodes } from "../reconcile/status/live_node.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";
import type {
  Condition,
  EngineStatus,
  Status,
  TopologyStatus,
  UnreadSource,
} from "../reconcile/status/status_types.ts";
import type { ProcessUsage } from "../runtimes/runtime.ts";
import type { EngineMeters } from "../telemetry/meters.ts";
import type { Changes } from "./changes.ts";
import type { Followers } from "./following/followers.ts";
import { requireTopology } from "./topology_operations.ts";
import { unreadLines, type UnreadSources } from "./unread_sources.ts";
import type { Outage, SupervisedPort } from "./worker/supervised_port.ts";

/** The parts of an engine that determine its status. */
export interface StatusParts {
  readonly about: EngineStatus;
  readonly port: GraphPort;
  readonly supervised: SupervisedPort | null;
  readonly reconciler: Reconciler;
  readonly meters: EngineMeters;
  readonly changes: Pick<Changes, "whyNotReady">;
  readonly followers: Pick<Followers, "unusable">;
  readonly unread: UnreadSources;
  readonly usage?: () => ProcessUsage;
  readonly accessLog?: { readonly dropped: number };
}

/** Reports the status. */
export class StatusOperations implements StatusApi {
  readonly #parts: StatusParts;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** The status of all topologies. */
  async status(): Promise<Status> {
    const topologies = await this.#parts.reconciler.statuses();
    const outage = this.#parts.supervised?.outage ?? null;
    const shown = outage === null ? topologies : topologies.map((topology) => duringOutage(topology, outage));
    const unread = this.#unreadSources;
    const status: Status = {
      formatVersion: 1,
      engine: this.#parts.about,
      topologies: shown,
      ...(unread.length === 0 ? {} : { unread }),
    };
    if (outage === null) this.#parts.meters.update(status);
    return status;
  }

  /** The metrics, in the text format of OpenMetrics. */
  async metrics(): Promise<string> {
    const { meters, usage, accessLog } = this.#parts;
    return meters.text(await this.status(), { usage: usage?.(), logDropped: accessLog?.dropped });
  }

  /** Connections and copies, in the order of their creation. */
  async liveNodes(topology: string): Promise<readonly LiveNode[]> {
    requireTopology(this.#parts.reconciler, topology);
    const snapshot = await this.#parts.port.snapshot(topology, { each: true });
    return snapshot === null ? [] : liveNodes(snapshot);
  }

  /** Waits until topologies are Ready, cannot become so, or the time expires. */
  async wait(request: WaitRequest, options: { signal?: AbortSignal } = {}): Promise<WaitResult> {
    // A named topology may belong to a source that is being read.
    const timeoutMs = await this.#parts.unread.wait(request.timeoutMs, options.signal);
    for (const name of request.names) requireTopology(this.#parts.reconciler, name);
    const names = request.names.length === 0 ? this.#parts.reconciler.names : request.names;
    const all = await Promise.all(
      names.map((name) => this.#parts.changes.whyNotReady(name, { ...options, timeoutMs })),
    );
    const unread = request.names.length === 0 ? unreadLines(this.#unreadSources) : [];
    const waiting = [...unread, ...all.filter((line) => line !== null)];
    return { ready: waiting.length === 0, waiting };
  }

  get #unreadSources(): readonly UnreadSource[] {
    return [...this.#parts.unread.all, ...this.#parts.followers.unusable];
  }
}

/** A topology's status during an outage. */
function duringOutage(status: TopologyStatus, { error, since }: Outage): TopologyStatus {
  const lastTransitionTime = since.toISOString();
  const reason = "GraphLost";
  const said: readonly Condition[] = [
    { type: "Ready", status: "False", reason, message: error.message, lastTransitionTime },
    { type: "Reconciling", status: "True", reason, message: "The graph is restarting", lastTransitionTime },
  ];
  const conditions = status.conditions.map((condition) =>
    said.find(({ type }) => type === condition.type) ?? condition
  );
  return { ...status, health: "Degraded", conditions };
}
