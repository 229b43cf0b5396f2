/**
 * What is wrong with a source that is followed, and where.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { DiagnosticData } from "../topology/parse/diagnostic.ts";

/**
 * - `Warnings`: it is applied
 * - `SourceInvalid`: it has errors
 * - `SourceUnreadable`: it cannot be had
 * - `SourceRefused`: it is not applied, as something that runs stands in the way
 */
export type SourceReason = "Warnings" | "SourceInvalid" | "SourceUnreadable" | "SourceRefused";

/** What is wrong with a source that is followed. Unless these are warnings alone, what runs stays as it is. */
export interface SourceEvent {
  /** Tells it from other events. */
  readonly kind: "source";
  /** What kind of problem. */
  readonly reason: SourceReason;
  /** For people: problems with their place, and what runs on. */
  readonly text: string;
  /** Which failure it was; null for problems of a text. */
  readonly code: ErrorCode | null;
  /** The problems of a text. */
  readonly diagnostics: readonly DiagnosticData[];
}

/** Where in a text the step stands that failed. */
export interface FailurePlace {
  /** For programs: the failure with its file, line and column. */
  readonly diagnostic: DiagnosticData;
  /** For people: the same with its line and a caret. */
  readonly text: string;
}

/** True for a result that a user may not expect. */
export function isWarning({ result }: NoticeEvent): boolean {
  return result !== "applying" && result !== "nothing";
}

/** A followed source has changed, or a client asked the engine to read it. */
export interface NoticeEvent {
  /** Tells it from other events. */
  readonly kind: "noticed";
  /**
   * - `applying`: what follows comes of it
   * - `nothing`: all of it runs already
   * - `left`: a topology is gone from it and runs on, or stays where it belongs
   * - `held-back`: a topology is suspended, and its change waits
   * - `suspended`: a topology is suspended, and a client changed it explicitly
   */
  readonly result: "applying" | "nothing" | "left" | "held-back" | "suspended";
  /** For people: which of its files, or what is left. */
  readonly text: string;
}
