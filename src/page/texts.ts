/**
 * Texts of the page: numbers, times, events.
 *
 * @module
 */

import type { ControlEvent } from "../api/operations/events.ts";
import { formatRate } from "../quantity.ts";

/** `1.2 MiB/s`; empty for nothing. */
export function rateText(bytesPerSecond: number): string {
  return bytesPerSecond < 0.5 ? "" : formatRate(bytesPerSecond);
}

/** `12:04:31`, by the clock of the reader. */
export function timeText(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : time.toTimeString().slice(0, 8);
}

/** `5 s`, `3 min`, `2 h`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}

/** `denied 3, limit 1`; empty for nothing. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`).join(", ");
}

/** Fields of events that are in the line already. */
const IN_LINE: ReadonlySet<string> = new Set(["time", "level", "kind", "topology", "node", "error"]);

/** An event as a line. */
export function eventText(event: ControlEvent): string {
  switch (event.kind) {
    case "client-change":
      return event.text;
    case "health":
      return `${event.topology}: ${event.health ?? "removed"}${event.message === null ? "" : `: ${event.message}`}`;
    case "applied": {
      const closed = event.closed === 0 ? "" : `, ${event.closed} connections closed`;
      return `${event.topology}: ${event.result}${closed}, ${Math.round(event.ms)} ms`;
    }
    default:
      return allFields(event);
  }
}

/** The node, the kind, the failure, and all other fields. */
function allFields(event: ControlEvent): string {
  const fields = new Map<string, unknown>(Object.entries(event));
  const path = [fields.get("topology"), fields.get("node")].filter((one) => typeof one === "string" && one !== "");
  const others = [...fields].filter(([name, value]) => !IN_LINE.has(name) && value !== null && value !== "");
  const error = "error" in event && event.error !== null ? [event.error.message] : [];
  const words = [
    ...path.length === 0 ? [] : [`${path.join("/")}:`],
    event.kind.replaceAll("-", " "),
    ...error,
    ...others.map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`),
  ];
  return words.join(" ");
}
