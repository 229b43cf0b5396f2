/**
 * The part of the control API by which an engine is handed a source and follows it from then on.
 *
 * The engine reads: its files and its environment count, not those of whoever asks.
 *
 * @module
 */

import type { OwnershipPolicy } from "../sources/ownership.ts";
import { withoutSecrets } from "../sources/secret_text.ts";
import type { Source } from "../sources/source.ts";
import { decodeText, Fields, MalformedError } from "./fields.ts";
import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";
import { guardFields } from "./guard_fields.ts";

/** What to follow. */
export interface FollowRequest extends OwnershipPolicy {
  /** Where to read; paths are absolute. */
  readonly sources: readonly Source[];
  /** How often to look, in milliseconds; null: only when the engine is told to. */
  readonly intervalMs: number | null;
  /** How often servers on the web are asked at most, in milliseconds; null: whenever one looks. */
  readonly webIntervalMs: number | null;
  /** Nodes to make anew, this once: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** Roll back a topology whose step fails. */
  readonly rollback: boolean;
  /** Take back what hands change at once. */
  readonly selfHeal: boolean;
  /** How long to wait for Ready, this once. */
  readonly waitMs: number;
  /** Follow sources that cannot be used at first, too. */
  readonly keepTrying?: boolean;
}

/** An engine that can be handed sources. */
export interface FollowFace {
  /**
   * Makes so what sources hold, then follows them. What cannot be used at once is told as a {@linkcode SourceEvent} and
   * not followed, unless the request is to keep trying.
   *
   * @returns how it went; nothing where the sources cannot be used
   */
  follow(request: FollowRequest, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
}

/** No source is looked at more often. */
const MIN_INTERVAL_MS = 50;

/** Reads a {@linkcode FollowRequest}. */
export function decodeFollowRequest(value: unknown): FollowRequest {
  const fields = new Fields(value, "", [
    "sources",
    "intervalMs",
    "webIntervalMs",
    "replace",
    "rollback",
    "selfHeal",
    "waitMs",
    "prune",
    "takeOver",
    "allowEmpty",
    "keepTrying",
  ]);
  const interval = fields.count("intervalMs", 0);
  const webInterval = fields.count("webIntervalMs", 0);
  return {
    sources: fields.list("sources", decodeSource),
    intervalMs: interval === 0 ? null : Math.max(MIN_INTERVAL_MS, interval),
    webIntervalMs: webInterval === 0 ? null : webInterval,
    replace: fields.list("replace", decodeText),
    rollback: fields.flag("rollback", true),
    selfHeal: fields.flag("selfHeal", false),
    waitMs: fields.count("waitMs", 0),
    keepTrying: fields.flag("keepTrying", false),
    ...guardFields(fields),
  };
}

function decodeSource(value: unknown, at: string): Source {
  const fields = new Fields(value, at, ["kind", "name", "path", "url", "ref"]);
  switch (fields.word("kind", ["path", "url", "git"])) {
    case "url":
      return { kind: "url", url: webAddress(fields.text("url"), at) };
    case "path":
      return { kind: "path", name: fields.text("name"), path: fields.text("path") };
    case "git":
      return { kind: "git", url: fields.text("url"), ref: fields.text("ref"), path: fields.text("path") };
  }
}

function webAddress(url: string, at: string): string {
  if (URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol)) return url;
  throw new MalformedError(`"${at}.url" must be an address on the web, not "${withoutSecrets(url)}"`);
}
