/**
 * Ending connections by a deadline: the request and the answer of that part of the control API.
 *
 * @module
 */

import { decodeText, Fields } from "./fields.ts";

/** The engine as those see it who end connections. */
export interface DrainFace {
  /**
   * Lets listeners take no new connections, and ends those that live by a deadline. Answers when they have ended.
   *
   * ENOENT for a topology or node that does not run; EINVAL for a node that does not listen
   */
  drain(request: DrainRequest): Promise<readonly DrainOutcome[]>;
}

/** What to drain. */
export interface DrainRequest {
  /** Topologies (`web`) and nodes (`web/front`); none means all topologies. */
  readonly targets: readonly string[];
  /** Only connections that began under this generation, while new ones are taken as before; null: all. */
  readonly generation: number | null;
  /** How long it may take. */
  readonly timeoutMs: number;
}

/** How draining went. */
export interface DrainOutcome {
  /** What was drained: `web`, `web/front`. */
  readonly target: string;
  /** Connections that ended by themselves. */
  readonly ended: number;
  /** Connections that were closed. */
  readonly closed: number;
  /** Connections that go on, as an apply or `undrain` stopped the drain; absent where none do. */
  readonly remaining?: number;
}

/** Reads a {@linkcode DrainRequest}; a generation is counted from 1. */
export function decodeDrainRequest(value: unknown): DrainRequest {
  const fields = new Fields(value, "", ["targets", "generation", "timeoutMs"]);
  const generation = fields.count("generation", 0);
  return {
    targets: fields.list("targets", decodeText),
    generation: generation === 0 ? null : generation,
    timeoutMs: fields.count("timeoutMs", 0),
  };
}
