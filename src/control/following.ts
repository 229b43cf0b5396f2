/**
 * The part of the control API by which an engine is handed a source and follows it from then on.
 *
 * The engine reads: its files and its environment count, not those of whoever asks.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { GuardWish } from "../sources/guard.ts";
import type { Source } from "../sources/source.ts";
import type { DiagnosticData } from "../topology/diagnostic.ts";
import { decodeText, Fields } from "./fields.ts";
import { type ApplyEvent, type ApplyOutcome, guardFields } from "./protocol.ts";

/** What to follow. */
export interface FollowRequest extends GuardWish {
  /** Where to read; paths are absolute. */
  readonly sources: readonly Source[];
  /** How often to look, in milliseconds; null: only when the engine is told to. */
  readonly intervalMs: number | null;
  /** Nodes to make anew, this once: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** Undo everything of a topology whose step fails. */
  readonly rollback: boolean;
  /** Take back what hands change at once. */
  readonly selfHeal: boolean;
  /** How long to wait for Ready, this once. */
  readonly waitMs: number;
}

/** An engine that can be handed sources. */
export interface FollowFace {
  /**
   * Makes so what sources hold, then follows them. What cannot be used at once is told as a {@linkcode SourceEvent} and
   * not followed.
   *
   * @returns how it went; nothing where the sources cannot be used
   */
  follow(request: FollowRequest, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
}

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

/** No source is looked at more often. */
const MIN_INTERVAL_MS = 50;

/** Reads a {@linkcode FollowRequest}. */
export function decodeFollowRequest(value: unknown): FollowRequest {
  const fields = new Fields(value, "", [
    "sources",
    "intervalMs",
    "replace",
    "rollback",
    "selfHeal",
    "waitMs",
    "prune",
    "takeOver",
    "allowEmpty",
  ]);
  const interval = fields.count("intervalMs", 0);
  return {
    sources: fields.list("sources", decodeSource),
    intervalMs: interval === 0 ? null : Math.max(MIN_INTERVAL_MS, interval),
    replace: fields.list("replace", decodeText),
    rollback: fields.flag("rollback", true),
    selfHeal: fields.flag("selfHeal", false),
    waitMs: fields.count("waitMs", 0),
    ...guardFields(fields),
  };
}

function decodeSource(value: unknown, at: string): Source {
  const fields = new Fields(value, at, ["kind", "name", "path", "url", "ref"]);
  switch (fields.word("kind", ["path", "git"])) {
    case "path":
      return { kind: "path", name: fields.text("name"), path: fields.text("path") };
    case "git":
      return { kind: "git", url: fields.text("url"), ref: fields.text("ref"), path: fields.text("path") };
  }
}
