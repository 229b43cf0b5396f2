/**
 * The log of an engine that has no terminal: structured lines, for people or for programs.
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

/** How lines are written. */
export type LogFormat = "text" | "json";

/** What is to be said. */
export interface LogEntry {
  /** How much it matters. */
  readonly level: EventLevel;
  /** The topology that it is about; null: the engine itself. */
  readonly topology: string | null;
  /** The node that it is about; null: all of the topology. */
  readonly node: string | null;
  /** One sentence, which names what it is about. */
  readonly message: string;
}

const LEVEL_WIDTH = 5;
/** A message may bring lines of its own, which would look like others' in the log. */
const CONTINUED = "\n    ";

/** One entry as a line, its end included. */
export function formatLogEntry(entry: LogEntry, { time, format }: { time: Date; format: LogFormat }): string {
  const { level, topology, node, message } = entry;
  const at = time.toISOString();
  if (format === "json") return `${printableLines(JSON.stringify({ time: at, level, topology, node, message }))}\n`;
  return `${at} ${level.padEnd(LEVEL_WIDTH)} ${printableLines(message).replaceAll("\n", CONTINUED)}\n`;
}
