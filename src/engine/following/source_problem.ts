/**
 * What is wrong with a source, for the status of its topologies (a sentence) and for people (all of it).
 *
 * @module
 */

import type { SourceEvent } from "../../api/source_event.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { Trouble } from "../../reconcile/status/condition.ts";
import type { LoadedTopologies } from "../../sources/load.ts";
import { SourceError } from "../../sources/source_error.ts";
import { countErrors, type DiagnosticData, diagnosticData, summarize } from "../../topology/parse/diagnostic.ts";
import { renderDiagnostics } from "../../topology/parse/render.ts";

/** A problem. */
export interface Problem extends Pick<SourceEvent, "reason" | "code" | "diagnostics"> {
  /** A sentence for status. */
  readonly message: string;
  /** All of it; what follows from it is added. */
  readonly text: string;
  /** True where the source is known to want something else than what runs: it is gone, or was refused. */
  readonly behind: boolean;
}

/** Why a source could not be had. */
export function problemOfReading(error: SourceError | NetgraphError): Problem {
  // What is there and holds nothing is no different from what holds nonsense.
  const invalid = error instanceof SourceError && error.fault === "invalid" && error.cause === undefined;
  const reason = invalid ? "SourceInvalid" : "SourceUnreadable";
  const behind = error instanceof SourceError && error.fault === "usage";
  return { reason, code: codeOf(error), diagnostics: [], message: error.message, text: `${error.message}.`, behind };
}

/** How status shows a problem. */
export function troubleOf({ reason, message, behind }: Problem): Trouble {
  return { reason, message, behind };
}

/** What an engine refused. */
export function problemOfApply(error: NetgraphError): Problem {
  const { code, message } = error;
  return { reason: "SourceRefused", code, diagnostics: [], message, text: `${message}.`, behind: true };
}

/** What is wrong with texts, of a state of their source that may have a name; null where nothing is. */
export function problemsOfText(
  { diagnostics, valid }: Pick<LoadedTopologies, "diagnostics" | "valid">,
  at?: string,
): Problem | null {
  if (diagnostics.length === 0) return null;
  const data = diagnostics.map(diagnosticData);
  const first = data.find(({ severity }) => severity === "error") ?? data[0];
  const more = (valid ? diagnostics.length : countErrors(diagnostics)) - 1;
  const suffix = at === undefined ? "" : ` at ${at}`;
  const message = first === undefined ? "" : sentenceOf(first);
  return {
    reason: valid ? "Warnings" : "SourceInvalid",
    code: null,
    diagnostics: data,
    message: `${message}${more === 0 ? "" : ` (and ${more} more)`}${suffix}`,
    text: `${renderDiagnostics(diagnostics)}\n${summarize(diagnostics)}${suffix}.`,
    behind: false,
  };
}

/** A problem of a text in one line: `web.yaml:3:5 error[bad-word]: …`. */
export function sentenceOf({ file, line, column, severity, code, message }: DiagnosticData): string {
  const place = [file, line, column].filter((part) => part !== null).join(":");
  return `${place} ${severity}[${code}]: ${message}`;
}

function codeOf(error: SourceError | NetgraphError): ErrorCode | null {
  if (error instanceof NetgraphError) return error.code;
  return error.cause instanceof NetgraphError ? error.cause.code : null;
}
