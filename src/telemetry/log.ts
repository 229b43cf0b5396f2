/**
 * The log of an engine that has no terminal: structured lines, as text or as JSON.
 *
 * ```text
 * 2026-01-01T12:00:00.000Z warn  web/up is degraded: Cannot connect "web/up" to inet/10.0.0.1:80: connection was refused
 * {"time":"2026-01-01T12:00:00.000Z","level":"warn","topology":"web","node":"up","message":"web/up is degraded: …"}
 * ```
 *
 * @module
 */

import type { EventLevel } from "../graph/data/event.ts";
import { printableLines } from "../printable.ts";

/** The format of lines. */
export type LogFormat = "text" | "json";

/** A log entry. */
export interface LogEntry {
  /** The level. */
  readonly level: EventLevel;
  /** The topology concerned; null: the engine itself. */
  readonly topology: string | null;
  /** The node concerned; null: all of the topology. */
  readonly node: string | null;
  /** The message, one sentence that names its subject. */
  readonly message: string;
}

const LEVEL_WIDTH = 5;
/** A message may contain line breaks, which would look like separate entries. */
const CONTINUED = "\n    ";

/** One entry as a line, including its end. */
export function formatLogEntry(entry: LogEntry, { time, format }: { time: Date; format: LogFormat }): string {
  const { level, topology, node, message } = entry;
  const at = time.toISOString();
  if (format === "json") return `${printableLines(JSON.stringify({ time: at, level, topology, node, message }))}\n`;
  return `${at} ${level.padEnd(LEVEL_WIDTH)} ${printableLines(message).replaceAll("\n", CONTINUED)}\n`;
}
