/**
 * How a topology that runs is operated: asked for its generations, taken back to one of them, left alone for a while.
 * The requests and answers of that part of the control API; `protocol.ts` has the table of routes.
 *
 * @module
 */

import type { SourceStatus } from "../reconcile/status/status_types.ts";
import { decodeText, Fields } from "./fields.ts";
import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";

/** The engine as those see it who operate what runs. Every call throws ENOENT for a name that does not run. */
export interface OperatorFace {
  /** The generations that are remembered, the oldest first. */
  history(name: string): Promise<readonly Generation[]>;
  /** Goes back to an earlier generation, under a new number. ENOENT for one that nobody remembers. */
  rollback(request: RollbackRequest, tell: (event: ApplyEvent) => void): Promise<ApplyOutcome>;
  /**
   * Looks at the source that is followed, makes what a hand changed as it was wanted, and tries at once what would be
   * tried later.
   */
  reconcile(request: ReconcileRequest, tell: (event: ApplyEvent) => void): Promise<ApplyOutcome>;
  /** Makes changes last that await their confirmation: those of the named topologies, or of all where none is named. */
  confirm(names: readonly string[]): Promise<readonly Confirmed[]>;
  /** Takes what runs, whatever hands did to it, for what is wanted. */
  adopt(name: string): Promise<AdoptResult>;
  /** Leaves a topology alone: what breaks stays broken. */
  suspend(name: string): Promise<void>;
  /** Looks after a topology again. */
  resume(name: string): Promise<void>;
}

/** One generation of a topology. */
export interface Generation {
  /** Its number. */
  readonly generation: number;
  /** How it came about; `failed`: a step failed, and what had been done stayed. */
  readonly result: "applied" | "adopted" | "failed" | "unconfirmed";
  /** True for the one that is wanted now. */
  readonly current: boolean;
  /** Where it came from. */
  readonly source: SourceStatus;
  /** ISO 8601. */
  readonly appliedAt: string;
}

/** What to make anew as it was wanted. */
export interface ReconcileRequest {
  /** The topology. */
  readonly name: string;
  /** How long to wait for Ready. */
  readonly waitMs: number;
}

/** Where to go back to. */
export interface RollbackRequest extends ReconcileRequest {
  /** The generation; null: the one before. */
  readonly generation: number | null;
}

/** What was confirmed. */
export interface Confirmed {
  /** The topology. */
  readonly topology: string;
  /** The generation that lasts now. */
  readonly generation: number;
}

/** What was adopted. */
export interface AdoptResult {
  /** The topology. */
  readonly topology: string;
  /** The generation that is wanted now. */
  readonly generation: number;
  /** One path at which what ran differed; null: nothing did, and nothing was changed. */
  readonly drift: string | null;
}

/** Reads the request of what takes names; none means all. */
export function decodeNames(value: unknown): readonly string[] {
  return new Fields(value, "", ["names"]).list("names", decodeText);
}

/** Reads the request of what takes a name alone. */
export function decodeName(value: unknown): string {
  return new Fields(value, "", ["name"]).text("name");
}

/** Reads a {@linkcode ReconcileRequest}. */
export function decodeReconcileRequest(value: unknown): ReconcileRequest {
  const fields = new Fields(value, "", ["name", "waitMs"]);
  return { name: fields.text("name"), waitMs: fields.count("waitMs", 0) };
}

/** Reads a {@linkcode RollbackRequest}; a generation is counted from 1. */
export function decodeRollbackRequest(value: unknown): RollbackRequest {
  const fields = new Fields(value, "", ["name", "generation", "waitMs"]);
  const generation = fields.count("generation", 0);
  return {
    name: fields.text("name"),
    generation: generation === 0 ? null : generation,
    waitMs: fields.count("waitMs", 0),
  };
}
