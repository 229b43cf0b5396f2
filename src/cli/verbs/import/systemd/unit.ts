/**
 * Units of systemd: sections of settings.
 *
 * @module
 */

import type { SourceFile, Span } from "../../../../topology/parse/source.ts";

/** One setting. */
export interface UnitSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The place of the key. */
  readonly span: Span;
  /** The place of the value. */
  readonly valueSpan: Span;
}

/** A line that is none; its place. */
export interface UnitError {
  readonly span: Span;
}

/** Reads the settings in a part of a text. */
export function readUnit(text: string, { start, end }: Span): readonly (UnitSetting | UnitError)[] {
  const found: (UnitSetting | UnitError)[] = [];
  let section = "";
  let at = start;
  const lines = text.slice(start, end).split("\n");
  for (let index = 0; index < lines.length; index++) {
    const begin = at;
    let line = lines[index] ?? "";
    at += line.length + 1;
    while (line.endsWith("\\") && index + 1 < lines.length) {
      const next = lines[++index] ?? "";
      at += next.length + 1;
      line = `${line.slice(0, -1)} ${next}`;
    }
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const name = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) {
      section = `[${name}]`;
      continue;
    }
    const [, blank = "", key, gap = "", value = ""] = /^(\s*)([A-Za-z][\w-]*)(\s*=\s*)(.*?)\s*$/.exec(line) ?? [];
    const from = begin + blank.length;
    if (key === undefined) {
      found.push({ span: { start: begin, end: begin + line.length } });
      continue;
    }
    const valueStart = from + key.length + gap.length;
    found.push({
      section,
      key,
      value,
      span: { start: from, end: from + key.length },
      valueSpan: { start: valueStart, end: Math.max(valueStart, Math.min(at - 1, end)) },
    });
  }
  return found;
}

/** The names of the files that may have the service of a socket. */
export function serviceOf({ name, text }: SourceFile): readonly string[] {
  if (!/^\s*\[Socket\]/m.test(text) || /^\s*\[Service\]/m.test(text)) return [];
  const named = /^\s*Service\s*=\s*(\S+)/m.exec(text)?.[1];
  const stem = name.slice(name.lastIndexOf("/") + 1).replace(/\.socket$/, "");
  return [named ?? `${stem}.service`];
}
