/**
 * What is wrong with a person's text: a value with a stable code and a place, never an exception. All problems of a
 * text are told at once.
 *
 * @module
 */

import { positionAt, type SourceFile, type Span } from "./source.ts";

/** An error keeps a topology from being used; a warning does not. */
export type Severity = "error" | "warning";

/** What the loader itself may find; node types add codes of their own by {@linkcode Finding}. */
export type DiagnosticCode =
  | "accept-in-template"
  | "address-conflict"
  | "alias-bomb"
  | "bad-address"
  | "bad-argument"
  | "bad-end"
  | "bad-expression"
  | "bad-hook"
  | "bad-key"
  | "bad-name"
  | "bad-number"
  | "bad-word"
  | "binary-file"
  | "duplicate-key"
  | "duplicate-link"
  | "duplicate-topology"
  | "empty-file"
  | "fan-out-cycle"
  | "hook-in-use"
  | "missing-argument"
  | "missing-key"
  | "missing-name"
  | "missing-parameter"
  | "missing-variable"
  | "mixed-flow"
  | "no-base-directory"
  | "not-a-query"
  | "not-supported"
  | "not-utf8"
  | "reference-cycle"
  | "self-link"
  | "tab-indentation"
  | "template-cycle"
  | "too-deep"
  | "too-large"
  | "unexpected-argument"
  | "unknown-alias"
  | "unknown-field"
  | "unknown-hook"
  | "unknown-key"
  | "unknown-message"
  | "unknown-node"
  | "unknown-parameter"
  | "unknown-template"
  | "unknown-type"
  | "wrong-kind"
  | "wrong-order"
  | "hands-only"
  | "yaml-quotes"
  | "yaml-syntax"
  | "yaml-tag";

/** Another place that a problem has to do with. */
export interface Related {
  /** What it has to do with it. */
  readonly message: string;
  /** The place. */
  readonly span: Span;
}

/** One problem. */
export interface Diagnostic {
  /** A {@linkcode DiagnosticCode}, or the code of a node type's own finding. */
  readonly code: string;
  /** Whether it keeps the topology from being used. */
  readonly severity: Severity;
  /** What is wrong, for people. */
  readonly message: string;
  /** The text. */
  readonly file: SourceFile;
  /** What the caret stands under; null where the whole file is meant. */
  readonly span: Span | null;
  /** The value that holds the span: its beginning is the place that is printed. Null: the span's own. */
  readonly within: Span | null;
  /** Advice, such as `did you mean "messages"?`. */
  readonly hint: string | null;
  /** Other places that have to do with it. */
  readonly related: readonly Related[];
}

/** What a finder of problems says; the rest has a default. */
export interface Problem {
  readonly message: string;
  readonly span: Span | null;
  readonly within?: Span | null;
  readonly hint?: string | null;
  readonly related?: readonly Related[];
}

/** Collects the problems of one file. */
export class DiagnosticCollector {
  readonly file: SourceFile;
  readonly #found: Diagnostic[] = [];
  readonly #keys = new Set<string>();
  #errors = 0;

  constructor(file: SourceFile) {
    this.file = file;
  }

  /** Adds an error. */
  error(code: DiagnosticCode, problem: Problem): void {
    this.add(code, "error", problem);
  }

  /** Adds a warning. */
  warning(code: DiagnosticCode, problem: Problem): void {
    this.add(code, "warning", problem);
  }

  /** Adds a problem with any code: that of a node type's finding. */
  add(code: string, severity: Severity, problem: Problem): void {
    // A part that stands in several places by alias or merge is wrong once.
    const key = problem.span === null ? null : `${code} ${problem.span.start} ${problem.span.end} ${problem.message}`;
    if (severity === "error") this.#errors++;
    if (key !== null && this.#keys.has(key)) return;
    if (key !== null) this.#keys.add(key);
    this.#found.push({
      code,
      severity,
      message: problem.message,
      file: this.file,
      span: problem.span,
      within: problem.within ?? null,
      hint: problem.hint ?? null,
      related: problem.related ?? [],
    });
  }

  /** How many errors were added so far, the same one each time it was: it grows whenever something was wrong. */
  get errors(): number {
    return this.#errors;
  }

  /** All problems in the order of the text. */
  list(): readonly Diagnostic[] {
    return this.#found.toSorted((a, b) => startOf(a) - startOf(b));
  }
}

/** How many of them are errors. */
export function countErrors(diagnostics: readonly Diagnostic[]): number {
  return diagnostics.filter((one) => one.severity === "error").length;
}

/** `2 errors, 1 warning`; empty where there is nothing to tell. */
export function summarize(diagnostics: readonly Diagnostic[]): string {
  const errors = countErrors(diagnostics);
  const warnings = diagnostics.length - errors;
  const parts = [[errors, "error"], [warnings, "warning"]] as const;
  return parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`)
    .join(", ");
}

/** A diagnostic as plain data for `-o json`. */
export interface DiagnosticData {
  /** A `DiagnosticCode`, or the code of a finding of a node type. */
  readonly code: string;
  /** Whether it keeps the topology from being used. */
  readonly severity: Severity;
  /** What is wrong. */
  readonly message: string;
  /** The file as people call it. */
  readonly file: string;
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  /** From 1. */
  readonly column: number | null;
  /** Advice. */
  readonly hint: string | null;
}

/** A diagnostic as plain data for `-o json`. */
export function diagnosticData(diagnostic: Diagnostic): DiagnosticData {
  const { code, severity, message, file, hint } = diagnostic;
  const at = placeOf(diagnostic);
  const position = at === null ? null : positionAt(file, at);
  return {
    code,
    severity,
    message,
    file: file.name,
    line: position?.line ?? null,
    column: position?.column ?? null,
    hint,
  };
}

/** The offset that is printed as the place of a diagnostic; null where the whole file is meant. */
export function placeOf(diagnostic: Diagnostic): number | null {
  return diagnostic.within?.start ?? diagnostic.span?.start ?? null;
}

function startOf(diagnostic: Diagnostic): number {
  return diagnostic.span?.start ?? -1;
}
