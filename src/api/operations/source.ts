/**
 * The part of the control API by which an engine is handed a source and follows it from then on.
 *
 * The engine reads the source itself, with its own files; the environment variables are those of the client.
 *
 * @module
 */

import type { OwnershipPolicy } from "../../sources/ownership.ts";
import { addressWithoutSecrets } from "../../sources/secret_text.ts";
import type { Source } from "../../sources/source.ts";
import { APPLY_EVENT, type ApplyEvent, type ApplyOutcome } from "../apply_event.ts";
import type { GivenValue } from "../../topology/parse/parameters.ts";
import type { SourceFile, Span } from "../../topology/parse/source.ts";
import { Fields, MalformedError } from "../fields.ts";
import { body, lines, type Operation } from "../operation.ts";
import { count, flag, list, named, optional, orNull, otherwise, record, type Shape, text, written } from "../shape.ts";
import { VARIABLES } from "../state_shape.ts";
import { OWNERSHIP, REPLACE, WAIT_MS } from "./apply.ts";

/** The sources to follow. */
export interface FollowRequest extends OwnershipPolicy {
  /** The sources; paths are absolute. */
  readonly sources: readonly Source[];
  /** The interval of checks, in milliseconds; null: only on request. */
  readonly intervalMs: number | null;
  /** The minimum interval of requests to web servers, in milliseconds; null: at every check. */
  readonly webIntervalMs: number | null;
  /** Nodes to recreate, once: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** Roll back a topology whose step fails. */
  readonly rollback: boolean;
  /** Revert manual changes automatically. */
  readonly selfHeal: boolean;
  /** The time limit for Ready, in milliseconds; only for this request. */
  readonly waitMs: number;
  /** Follow sources that cannot be used at first, too. */
  readonly keepTrying?: boolean;
  /**
   * The variables of the client; null for one that is not set there. If the sources name others, the answer is a
   * `variables` event, and nothing is followed. Absent: the variables of the engine are used.
   */
  readonly variables?: Readonly<Record<string, string | null>>;
  /** The values of parameters, which count for all later reads. */
  readonly given?: readonly NamedValue[];
}

/** A value of a parameter. */
export interface NamedValue extends GivenValue {
  /** The parameter. */
  readonly name: string;
}

/** An engine that can be handed sources. */
export interface SourceApi {
  /**
   * Applies sources, then follows them. A source that cannot be used is reported as a {@linkcode SourceEvent} and not
   * followed, unless `keepTrying` is set.
   *
   * @returns the results; empty if the sources cannot be used
   */
  follow(request: FollowRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
}

/** The shortest interval of checks. */
const MIN_INTERVAL_MS = 50;

/** An interval of which 0 means none. */
function interval(description: string, leastMs: number): Shape<number | null> {
  const shape = count(description);
  const decode = (value: unknown, at: string) => {
    const ms = shape.decode(value, at);
    return ms === 0 ? null : Math.max(leastMs, ms);
  };
  return { decode, schema: shape.schema, absent: { value: null } };
}

const SOURCE: Shape<Source> = {
  decode: decodeSource,
  schema: () => ({ type: "object", description: "`kind`, `name` and where to read" }),
};

const GIVEN: Shape<NamedValue> = record<NamedValue>({
  name: text("The parameter"),
  text: text("Its value"),
  file: record<Pick<SourceFile, "name" | "text">>(
    { name: text("Its name in messages"), text: text("Its text") },
    "Where it is written",
  ),
  span: orNull(record<Span>({ start: count("Its start"), end: count("Its end") }), "Its place in that text"),
}, "A value of a parameter of the topologies");

const FOLLOW_REQUEST: Shape<FollowRequest> = named(
  "FollowRequest",
  record<FollowRequest>({
    sources: written(list(SOURCE), []),
    intervalMs: interval("How often it is read; 0: only on request", MIN_INTERVAL_MS),
    webIntervalMs: interval("Minimum time between requests to web servers; 0: as often as it is read", 0),
    replace: REPLACE,
    rollback: otherwise(flag("Roll back a topology whose step fails"), true),
    selfHeal: otherwise(flag("Revert manual changes automatically"), false),
    waitMs: WAIT_MS,
    keepTrying: optional(flag("Follow sources that cannot be used at first, too")),
    variables: optional(VARIABLES),
    given: optional(list(GIVEN)),
    ...OWNERSHIP,
  }),
);

const FOLLOW: Operation<FollowRequest, ApplyEvent, "lines"> = lines({
  name: "follow",
  method: "POST",
  path: "/v1/follow",
  summary: "Follows sources",
  request: body(FOLLOW_REQUEST),
  response: APPLY_EVENT,
});

/** Following sources. */
export const SOURCES = { follow: FOLLOW };

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
  throw new MalformedError(`"${at}.url" must be a web address, not "${addressWithoutSecrets(url)}"`);
}
