/**
 * The problem of a followed source, and its place.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { DiagnosticData } from "../topology/parse/diagnostic.ts";

/**
 * - `Warnings`: it is applied
 * - `SourceInvalid`: it has errors
 * - `SourceUnreadable`: it cannot be had
 * - `SourceRefused`: it is not applied, because a running topology prevents it
 */
export type SourceReason = "Warnings" | "SourceInvalid" | "SourceUnreadable" | "SourceRefused";

/** The problems of a followed source. Unless there are only warnings, running topologies do not change. */
export interface SourceEvent {
  /** The kind of event. */
  readonly kind: "source";
  /** The kind of problem. */
  readonly reason: SourceReason;
  /** For people: problems with their place, and what keeps running. */
  readonly text: string;
  /** The code of the failure; null for problems of a text. */
  readonly code: ErrorCode | null;
  /** The problems of a text. */
  readonly diagnostics: readonly DiagnosticData[];
}

/** The place of the failed step in the text. */
export interface FailurePlace {
  /** For programs: the failure with its file, line and column. */
  readonly diagnostic: DiagnosticData;
  /** For people: the same with its line and a caret. */
  readonly text: string;
}

/** The limit of topologies that {@linkcode formatUnchanged} names. */
const MAX_NAMED = 2;

/** A sentence about the topologies that keep running because nothing was changed. */
export function formatUnchanged(running: readonly { readonly name: string; readonly generation: number }[]): string {
  if (running.length === 0) return "Nothing was changed.";
  if (running.length > MAX_NAMED) {
    return `Nothing was changed; all ${running.length} topologies of this source keep running.`;
  }
  const names = running.map(({ name, generation }) => `generation ${generation} of "${name}"`);
  return `Nothing was changed; ${names.join(" and ")} ${names.length === 1 ? "keeps" : "keep"} running.`;
}

/** True for a result that a user may not expect. */
export function isWarning({ result }: NoticeEvent): boolean {
  return result !== "applying" && result !== "nothing";
}

/** A followed source has changed, or a client asked the engine to read it. */
export interface NoticeEvent {
  /** The kind of event. */
  readonly kind: "noticed";
  /**
   * - `applying`: the following events are its effect
   * - `nothing`: nothing has changed
   * - `left`: a topology was removed from it and continues to run, or keeps its other source
   * - `held-back`: a topology is suspended, and its change waits
   * - `suspended`: a topology is suspended, and a client changed it explicitly
   * - `unread`: a client asked to reconcile a topology whose source is not followed, and was not read
   */
  readonly result: "applying" | "nothing" | "left" | "held-back" | "suspended" | "unread";
  /** For people: which of its files, or what is left. */
  readonly text: string;
}
