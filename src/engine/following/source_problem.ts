/**
 * The problem of a source, for the status of its topologies (a sentence) and for events (the full text).
 *
 * @module
 */

import type { SourceEvent } from "../../api/source_event.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";
import type { LoadedTopologies } from "../../sources/load.ts";
import { SourceError } from "../../sources/source_error.ts";
import { countErrors, type DiagnosticData, diagnosticData, summarize } from "../../topology/parse/diagnostic.ts";
import { renderDiagnostics } from "../../topology/parse/render.ts";

/** A problem. */
export interface Problem extends Pick<SourceEvent, "reason" | "code" | "diagnostics"> {
  /** A sentence for status. */
  readonly message: string;
  /** The full text, including the consequences. */
  readonly text: string;
  /** True if the source is known to differ from the running state: it is missing, or was rejected. */
  readonly behind: boolean;
}

/** Why a source could not be read. */
export function problemOfReading(error: SourceError | NetgraphError): Problem {
  // An empty source is treated like an invalid one.
  const invalid = error instanceof SourceError && error.fault === "invalid" && error.cause === undefined;
  const reason = invalid ? "SourceInvalid" : "SourceUnreadable";
  const behind = error instanceof SourceError && error.fault === "usage";
  return { reason, code: codeOf(error), diagnostics: [], message: error.message, text: `${error.message}.`, behind };
}

/** A problem as status shows it. */
export function stallCauseOf({ reason, message, behind }: Problem): StallCause {
  return { reason, message, behind };
}

/** The error of a rejected request. */
export function problemOfApply(error: NetgraphError): Problem {
  const { code, message } = error;
  return { reason: "SourceRefused", code, diagnostics: [], message, text: `${message}.`, behind: true };
}

/** The problem of texts, with the revision of their source if it has one; null if there is none. */
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
