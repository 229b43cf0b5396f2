/**
 * Relative `local/` paths: they are relative to the file that contains them, so that a topology has the same meaning in
 * every working folder.
 *
 * @module
 */

import { quoteText } from "../../ascii/quote.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { Span } from "../parse/source.ts";

/** A quoted string that is not a path, or a local address: in canonical text nothing else has this form. */
const LOCAL = /"(?:[^"\\]|\\.)*"|(?<![\w/.])local\/"((?:[^"\\]|\\.)*)"/g;

/** The place of a text with paths. */
export interface PathContext {
  readonly span: Span;
  readonly collector: DiagnosticCollector;
  /** The folder for relative `local/` paths; null: they are rejected. */
  readonly baseDirectory: string | null;
}

/** A canonical argument with its relative paths made absolute; null if they cannot be, which is reported. */
export function resolveLocalPaths(text: string, { span, collector, baseDirectory }: PathContext): string | null {
  if (!text.includes('local/"')) return text;
  let refused: string | null = null;
  const absolute = text.replaceAll(LOCAL, (whole: string, path: string | undefined) => {
    if (path === undefined || !isRelative(path)) return whole;
    if (baseDirectory !== null) {
      return `local/"${quoteText(folder(baseDirectory)).slice(1, -1)}${path.replace(/^\.\//, "")}"`;
    }
    refused = path;
    return whole;
  });
  if (refused === null) return absolute;
  collector.error("no-base-directory", {
    message: `Path "${refused}" is relative, and this text has no folder`,
    span,
    hint: "write the whole path",
  });
  return null;
}

/** The first relative path in a canonical argument, null if there is none. */
export function findRelativePath(text: string): string | null {
  for (const [, path] of text.matchAll(LOCAL)) if (path !== undefined && isRelative(path)) return path;
  return null;
}

/** A name in Linux's abstract space begins with a NUL, which is an escape here, or with @; an expression may be absolute. */
function isRelative(path: string): boolean {
  return path !== "" && !/^(?:[\/@\\]|\$\{)/.test(path);
}

function folder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
