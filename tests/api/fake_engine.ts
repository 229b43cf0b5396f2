/**
 * An engine that runs nothing and says what it was asked, for tests of the wire alone.
 *
 * @module
 */

import { NetgraphError } from "../../src/errors.ts";
import type { DrainOutcome, DrainRequest } from "../../src/api/operations/topology.ts";
import type { FollowRequest } from "../../src/api/operations/source.ts";
import type { ControlEvent } from "../../src/api/operations/events.ts";
import type {
  AdoptResult,
  Confirmed,
  Generation,
  ReconcileRequest,
  RollbackRequest,
} from "../../src/api/operations/topology.ts";
import type { ApplyEvent, ApplyOutcome } from "../../src/api/apply_event.ts";
import type { ApplyRequest, PlanRequest, PlanResult } from "../../src/api/operations/apply.ts";
import type { DownRequest, DownResult } from "../../src/api/operations/topology.ts";
import type { EngineApi } from "../../src/api/engine_api.ts";
import type { MsgRequest, MsgResult } from "../../src/api/operations/nodes.ts";
import type { WaitRequest, WaitResult } from "../../src/api/operations/status.ts";

import type { LiveNode } from "../../src/reconcile/status/live_node.ts";
import type { Status } from "../../src/reconcile/status/status_types.ts";

/** What it runs. */
export const STATUS: Status = {
  formatVersion: 1,
  engine: { version: "1.2.3", runtime: "memory", threads: 1, pid: 7, startedAt: "2026-01-01T00:00:00.000Z" },
  topologies: [{
    name: "web",
    source: { kind: "file", location: "/web.yaml", revision: "sha256:0" },
    generation: 1,
    observedGeneration: 1,
    sync: "Synced",
    drift: null,
    confirmUntil: null,
    health: "Healthy",
    conditions: [],
    nodes: [],
    links: [],
  }],
};

/** A connection of a node of that name. */
function liveNode(id: string, node: string): LiveNode {
  const nothing = { bytes: 0, items: 0 };
  const place = { topology: "web", id, kind: "connection", node, owner: "1", template: null } as const;
  const facts = { type: "ksocket", hook: "data", state: "ready", generation: 1, ageMs: 5 } as const;
  return { ...place, ...facts, local: null, peer: null, in: nothing, out: nothing, error: null };
}

/** The one generation that it remembers. */
export const GENERATION: Generation = {
  generation: 1,
  result: "applied",
  current: true,
  source: { kind: "file", location: "/web.yaml", revision: "sha256:0" },
  appliedAt: "2026-01-01T00:00:00.000Z",
};

/** The one outcome that it knows. */
export function outcomeOf(topology: string): ApplyOutcome {
  return {
    topology,
    result: "applied",
    generation: 1,
    closed: 0,
    ready: true,
    confirmUntil: null,
    message: null,
    code: null,
    at: null,
  };
}

/** Records what it is asked. */
export class FakeEngine implements EngineApi {
  /** Everything that came through, in order. */
  readonly asked: (readonly [what: string, request: unknown])[] = [];
  /** Is thrown by whatever is asked next. */
  fault: Error | null = null;
  ready = true;
  /** True if events end only when no client follows them any more. */
  endless = false;

  async status(): Promise<Status> {
    await this.#record("status", null);
    return STATUS;
  }

  async metrics(): Promise<string> {
    await this.#record("metrics", null);
    return "# EOF\n";
  }

  async liveNodes(topology: string): Promise<readonly LiveNode[]> {
    await this.#record("nodes", topology);
    return [liveNode("2", "front"), liveNode("3", "back")];
  }

  async plan(request: PlanRequest): Promise<readonly PlanResult[]> {
    await this.#record("plan", request);
    return [];
  }

  async apply(request: ApplyRequest, msg: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    await this.#record("apply", request);
    const outcomes = request.topologies.map(({ state }) => outcomeOf(state.name));
    for (const outcome of outcomes) msg({ kind: "outcome", outcome });
    return outcomes;
  }

  async follow(request: FollowRequest, msg: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    await this.#record("follow", request);
    msg({ kind: "outcome", outcome: outcomeOf("web") });
    return [outcomeOf("web")];
  }

  async down(request: DownRequest): Promise<DownResult> {
    await this.#record("down", request);
    return { stopped: request.names, closed: { web: 2 } };
  }

  async drain(request: DrainRequest): Promise<readonly DrainOutcome[]> {
    await this.#record("drain", request);
    return [{ target: "web", ended: 2, closed: 1 }];
  }

  async msg(request: MsgRequest): Promise<MsgResult> {
    await this.#record("msg", request);
    return { from: "[1f]", command: request.command, text: "inet/127.0.0.1:80" };
  }

  async export(name: string | null): Promise<string> {
    await this.#record("export", name);
    if (name === "none") throw new NetgraphError("ENOENT", `Topology "none" is not running`);
    return "name: web\n";
  }

  async wait(request: WaitRequest): Promise<WaitResult> {
    await this.#record("wait", request);
    return { ready: this.ready, waiting: this.ready ? [] : ["web is Degraded"] };
  }

  async history(name: string): Promise<readonly Generation[]> {
    await this.#record("history", name);
    return [GENERATION];
  }

  async rollback(request: RollbackRequest, msg: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    await this.#record("rollback", request);
    msg({ kind: "outcome", outcome: outcomeOf(request.name) });
    return outcomeOf(request.name);
  }

  async reconcile(request: ReconcileRequest, msg: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    await this.#record("reconcile", request);
    msg({ kind: "outcome", outcome: outcomeOf(request.name) });
    return outcomeOf(request.name);
  }

  async confirm(names: readonly string[]): Promise<readonly Confirmed[]> {
    await this.#record("confirm", names);
    return names.map((topology) => ({ topology, generation: 2 }));
  }

  async adopt(name: string): Promise<AdoptResult> {
    await this.#record("adopt", name);
    return { topology: name, generation: 2, drift: "nodes.front" };
  }

  suspend(name: string): Promise<void> {
    return this.#record("suspend", name);
  }

  resume(name: string): Promise<void> {
    return this.#record("resume", name);
  }

  async *connectionEvents(): AsyncGenerator<never> {}

  async *tap(): AsyncGenerator<never> {}

  async *events(options: { signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    await this.#record("events", null);
    const { signal } = options;
    try {
      yield { time: "2026-01-01T00:00:00.000Z", level: "info", kind: "snapshot", status: STATUS };
      yield { time: "2026-01-01T00:00:01.000Z", level: "warn", kind: "dropped", count: 1 };
      if (!this.endless || signal?.aborted === true) return;
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
    } finally {
      this.asked.push(["events ended", signal?.aborted ?? false]);
    }
  }

  #record(what: string, request: unknown): Promise<void> {
    this.asked.push([what, request]);
    return this.fault === null ? Promise.resolve() : Promise.reject(this.fault);
  }
}
