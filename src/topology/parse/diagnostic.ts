/**
 * A problem of the user's text: a value with a stable code and a place, never an exception. All problems of a text are
 * reported together.
 *
 * @module
 */

import { fileNameAt, positionAt, type SourceFile, type Span } from "./source.ts";

/** An error keeps a topology from being used; a warning does not. */
export type Severity = "error" | "warning";

/** The loader's own codes; node types add further codes by {@linkcode Finding}. */
export type DiagnosticCode =
  | "accept-in-template"
  | "address-conflict"
  | "alias-bomb"
  | "bad-address"
  | "bad-argument"
  | "bad-end"
  | "bad-expression"
  | "bad-hook"
  | "bad-include"
  | "bad-key"
  | "bad-name"
  | "bad-number"
  | "bad-value"
  | "bad-word"
  | "binary-file"
  | "duplicate-key"
  | "duplicate-link"
  | "duplicate-topology"
  | "empty-file"
  | "fan-out-cycle"
  | "hook-in-use"
  | "leads-back"
  | "missing-argument"
  | "missing-key"
  | "missing-name"
  | "missing-parameter"
  | "missing-variable"
  | "mixed-flow"
  | "more-problems"
  | "no-base-directory"
  | "not-a-pool"
  | "not-a-query"
  | "not-joined"
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
  | "unused-parameter"
  | "unused-pool"
  | "unused-template"
  | "wrong-kind"
  | "wrong-order"
  | "manual-only"
  | "yaml-quotes"
  | "yaml-syntax"
  | "yaml-tag";

/** Another place of a problem. */
export interface Related {
  /** Its relation to the problem. */
  readonly message: string;
  /** The place. */
  readonly span: Span;
}

/** One problem. */
export interface Diagnostic {
  /** A {@linkcode DiagnosticCode}, or the code of a node type's own finding. */
  readonly code: string;
  /** The severity: an error prevents the use of the topology. */
  readonly severity: Severity;
  /** The problem, as text. */
  readonly message: string;
  /** The text. */
  readonly file: SourceFile;
  /** The span under which the caret is printed; its start is the printed place; null for the whole file. */
  readonly span: Span | null;
  /** Advice, such as `did you mean "messages"?`. */
  readonly hint: string | null;
  /** Other places of the problem. */
  readonly related: readonly Related[];
  /** The number of unlisted problems that it replaces, if there are too many for a list. */
  readonly unlisted?: Unlisted;
}

/** Problems that a list omits. */
export interface Unlisted {
  /** The number of errors. */
  readonly errors: number;
  /** The number of warnings. */
  readonly warnings: number;
}

/** The limit of listed problems of one severity for a file; the others are only counted. */
export const MAX_LISTED = 50;
/** The limit of a shown message, in UTF-16 units: a message may quote a value of several MiB. */
const MAX_MESSAGE = 400;
const MESSAGE_HEAD = 280;
const MESSAGE_TAIL = 80;

/** The parts of a problem that a check sets; the others have defaults. */
export interface Problem {
  readonly message: string;
  readonly span: Span | null;
  readonly hint?: string | null;
  readonly related?: readonly Related[];
  /** The text, if it is not the collector's: that of a value that was given with the command. */
  readonly file?: SourceFile;
}

/**
 * Collects the problems of one file: the first {@linkcode MAX_LISTED} of each severity, and the number of the others.
 */
export class DiagnosticCollector {
  readonly file: SourceFile;
  readonly #listed: Readonly<Record<Severity, Diagnostic[]>> = { error: [], warning: [] };
  readonly #unlisted = { error: 0, warning: 0 };
  readonly #keys = new Set<string>();
  /** Parts that are declared once for many values. */
  readonly #expanded: Span[] = [];
  readonly #mostListed: number;
  #errors = 0;

  constructor(file: SourceFile, { mostListed = MAX_LISTED }: { readonly mostListed?: number } = {}) {
    this.file = file;
    this.#mostListed = mostListed;
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
    if (severity === "error") this.#errors++;
    const message = shortened(problem.message);
    // A part that occurs several times by alias or merge is reported once.
    const key = problem.file === undefined ? this.#keyOf(code, problem.span, message) : null;
    if (key !== null && this.#keys.has(key)) return;
    const listed = this.#listed[severity];
    if (listed.length >= this.#mostListed) {
      this.#unlisted[severity]++;
      return;
    }
    if (key !== null) this.#keys.add(key);
    listed.push({
      code,
      severity,
      message,
      file: problem.file ?? this.file,
      span: problem.span,
      hint: problem.hint === undefined || problem.hint === null ? null : shortened(problem.hint),
      related: (problem.related ?? []).slice(0, MAX_LISTED),
    });
  }

  /** A part of the text is read many times, with other values: a problem of it is listed once. */
  expands(span: Span): void {
    this.#expanded.push(span);
  }

  #keyOf(code: string, span: Span | null, message: string): string | null {
    if (span === null) return null;
    const repeats = this.#expanded.some(({ start, end }) => span.start >= start && span.end <= end);
    return `${code} ${span.start} ${span.end}${repeats ? "" : ` ${message}`}`;
  }

  /** The number of added errors, counting repetitions: it grows with every problem. */
  get errors(): number {
    return this.#errors;
  }

  /** True when an error was added in a part of the text; one that is only counted may be anywhere. */
  hasErrorIn({ start, end }: Span): boolean {
    if (this.#unlisted.error > 0) return true;
    return this.#listed.error.some(({ file, span }) =>
      file === this.file && (span === null || (span.start >= start && span.start <= end))
    );
  }

  /** True when further errors are only counted. */
  get full(): boolean {
    return this.#listed.error.length >= this.#mostListed;
  }

  /** The problems in the order of the text, followed by the number of others. */
  list(): readonly Diagnostic[] {
    const { error, warning } = this.#listed;
    const listed = [...error, ...warning].sort((a, b) => startOf(a) - startOf(b));
    const { error: errors, warning: warnings } = this.#unlisted;
    if (errors + warnings === 0) return listed;
    const severity = errors > 0 ? "error" : "warning";
    return [...listed, { ...countProblems([{ severity, unlisted: { errors, warnings } }]), file: this.file }];
  }
}

/** A text that may quote a large value, shortened in its middle. */
function shortened(text: string): string {
  if (text.length <= MAX_MESSAGE) return text;
  const left = (text.length - MESSAGE_HEAD - MESSAGE_TAIL).toLocaleString("en");
  return `${text.slice(0, MESSAGE_HEAD)}… (${left} characters) …${text.slice(-MESSAGE_TAIL)}`;
}

/** The number of errors, including unlisted ones. */
export function countErrors(diagnostics: readonly Diagnostic[]): number {
  return countAll(diagnostics).errors;
}

/** The limit of listed problems of one severity for all files of a source. */
export const MAX_LISTED_TOGETHER = 200;

/** The first problems of several files, and the number of others, because thousands are not readable. */
export function listTogether(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const left = { error: MAX_LISTED_TOGETHER, warning: MAX_LISTED_TOGETHER };
  const listed: Diagnostic[] = [];
  const others: Diagnostic[] = [];
  for (const one of diagnostics) (left[one.severity]-- > 0 ? listed : others).push(one);
  const [first] = others;
  if (first === undefined) return diagnostics;
  return [...listed, { ...countProblems(others, ", in this file and in others"), file: first.file }];
}

/** Replaces unlisted problems. */
export function countProblems(
  problems: readonly Pick<Diagnostic, "severity" | "unlisted">[],
  where = "",
): Omit<Diagnostic, "file"> {
  const unlisted = countAll(problems);
  const severity = unlisted.errors > 0 ? "error" : "warning";
  const message = `And ${countsOf(unlisted, "more ")}${where}`;
  return { code: "more-problems", severity, message, span: null, hint: null, related: [], unlisted };
}

/** `2 errors, 1 warning`; empty if there are none. */
export function summarize(diagnostics: readonly Diagnostic[]): string {
  return countsOf(countAll(diagnostics));
}

function countAll(diagnostics: readonly Pick<Diagnostic, "severity" | "unlisted">[]): Unlisted {
  const count = { errors: 0, warnings: 0 };
  for (const { severity, unlisted } of diagnostics) {
    count.errors += unlisted?.errors ?? (severity === "error" ? 1 : 0);
    count.warnings += unlisted?.warnings ?? (severity === "warning" ? 1 : 0);
  }
  return count;
}

function countsOf({ errors, warnings }: Unlisted, more = ""): string {
  const parts = [[errors, "error"], [warnings, "warning"]] as const;
  return parts.filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toLocaleString("en")} ${more}${word}${count === 1 ? "" : "s"}`).join(", ");
}

/** A diagnostic as plain data for `-o json`. */
export interface DiagnosticData {
  /** A `DiagnosticCode`, or the code of a finding of a node type. */
  readonly code: string;
  /** The severity: an error prevents the use of the topology. */
  readonly severity: Severity;
  /** The problem. */
  readonly message: string;
  /** The name of the file. */
  readonly file: string;
  /** From 1; null for the whole file. */
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
    file: at === null ? file.name : fileNameAt(file, at),
    line: position?.line ?? null,
    column: position?.column ?? null,
    hint,
  };
}

/** The offset that is printed as the place of a diagnostic, where its caret begins; null for the whole file. */
export function placeOf(diagnostic: Diagnostic): number | null {
  return diagnostic.span?.start ?? null;
}

function startOf(diagnostic: Diagnostic): number {
  return diagnostic.span?.start ?? -1;
}
