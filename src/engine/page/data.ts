/**
 * The data of the live page beside the status: drawings of the running topologies, their generations with the plans
 * between them, and their newest connections.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import type { PageConnections, PageGeneration } from "../../api/page_message.ts";
import { type Drawing, drawingOf } from "../../drawing/drawing.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import { emptyState, type GraphState } from "../../graph/data/state.ts";
import type { HistoryEntry } from "../../reconcile/loop/topology.ts";
import { planChanges } from "../../reconcile/plan/plan.ts";
import { formatPlan } from "../../reconcile/plan/plan_text.ts";
import type { TopologyStatus } from "../../reconcile/status/status_types.ts";

/** The limit of connections that are listed. */
const MAX_CONNECTIONS = 200;

/** The data that the page reads beyond the API of the engine. */
export interface PageSource {
  readonly engine: Pick<EngineApi, "status" | "events" | "history" | "liveNodes">;
  readonly types: readonly NodeType[];
  readonly running: Running;
}

/** The states of topologies. */
export interface Running {
  /** The running state of a topology. */
  export(name: string): Promise<GraphState>;
  /** The generations that are kept, the oldest first. */
  history(name: string): readonly HistoryEntry[];
}

/** Reads what the page shows. */
export class PageData {
  readonly #source: PageSource;

  constructor(source: PageSource) {
    this.#source = source;
  }

  /** The drawing of a running topology; states and counters are left out, because the page has them. */
  async drawing(status: TopologyStatus): Promise<Drawing> {
    const drawing = drawingOf(await this.#source.running.export(status.name), this.#source.types, status);
    return { ...drawing, nodes: drawing.nodes.map((node) => ({ ...node, state: null, counters: [] })) };
  }

  /**
   * The generations of a topology, the newest first.
   *
   * @throws NetgraphError ENOENT for a name that does not run
   */
  async generations(topology: string): Promise<readonly PageGeneration[]> {
    const generations = await this.#source.engine.history(topology);
    const kept = this.#source.running.history(topology);
    return generations.map(({ generation, result, current, source, appliedAt }): PageGeneration => {
      const index = kept.findIndex((one) => one.generation === generation);
      const plan = this.#planOf(kept, index);
      return { generation, result, current, location: source.location, appliedAt, plan };
    }).toReversed();
  }

  /** The plan from one kept generation to the next, as text; of the first generation from nothing. */
  #planOf(kept: readonly HistoryEntry[], index: number): string | null {
    const entry = kept[index];
    if (entry === undefined) return null;
    const { state, generation } = entry;
    const before = kept[index - 1] ?? (generation === 1 ? { state: emptyState(state.name), generation: 0 } : null);
    if (before === null) return null;
    const types = new Map(this.#source.types.map((type) => [type.name, type]));
    return formatPlan(planChanges(before.state, state, {
      types,
      fromGeneration: before.generation,
      toGeneration: generation,
    }));
  }

  /**
   * The newest connections of a topology.
   *
   * @throws NetgraphError ENOENT for a name that does not run
   */
  async connections(topology: string): Promise<PageConnections> {
    const nodes = await this.#source.engine.liveNodes(topology);
    const all = nodes.filter(({ kind }) => kind === "connection");
    const connections = all.slice(-MAX_CONNECTIONS).toReversed().map((one) => ({
      id: one.id,
      node: one.node,
      generation: one.generation,
      ageMs: one.ageMs,
      peer: one.peer,
      inBytes: one.in.bytes,
      outBytes: one.out.bytes,
    }));
    return { connections, total: all.length };
  }
}
