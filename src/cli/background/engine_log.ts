/**
 * The messages of an engine in the background, as lines of its log: the same sentences as in the foreground, each with
 * its time, its level and its subject.
 *
 * @module
 */

import { levelOfApply, topologyOf } from "../../api/apply_event.ts";
import type { Clock } from "../../clock.ts";
import type { ReportedEvent } from "../../engine/engine_options.ts";
import type { EventLevel } from "../../graph/data/event.ts";
import { levelOf, subjectOf } from "../../reconcile/loop/event.ts";
import type { LogFile } from "../../runtimes/background.ts";
import type { HostProcess } from "../../runtimes/runtime.ts";
import { formatLogEntry, type LogEntry, type LogFormat } from "../../telemetry/log.ts";
import type { OutputLog } from "../output.ts";

/** The log of an engine. */
export class EngineLog implements OutputLog {
  readonly #file: LogFile;
  readonly #clock: Clock;
  readonly #format: LogFormat;
  /** The level and subject of the event that is being rendered; null: each line has its own. */
  #event: Omit<LogEntry, "message"> | null = null;

  constructor(file: LogFile, options: { readonly clock: Clock; readonly format: LogFormat }) {
    this.#file = file;
    this.#clock = options.clock;
    this.#format = options.format;
  }

  /** A process with its output in this log. */
  processOf(process: HostProcess): HostProcess {
    const { args, pid, uid, cwd } = process;
    return {
      writeOctets: () => Promise.resolve(), // It has no standard output.
      args,
      pid,
      uid,
      cwd,
      env: (name) => process.env(name),
      onSignal: (name, handle) => process.onSignal(name, handle),
      usage: () => process.usage(),
      exit: (code) => process.exit(code),
      columns: () => null,
      rows: () => null,
      write: (_stream, text) => this.write("info", text.trimEnd()),
    };
  }

  /** A listener that logs what `report` prints of an event, with the event's level and subject. */
  listener(report: (event: ReportedEvent) => void): (event: ReportedEvent) => void {
    return (event) => {
      this.#event = factsOf(event);
      try {
        report(event);
        // An unchanged topology is not logged: another topology of the same source has changed.
        if (event.kind === "applied" && event.result !== "unchanged") {
          this.write("info", `${event.topology}: ${event.result.replace("-", " ")} in ${Math.round(event.ms)} ms`);
        }
      } finally {
        this.#event = null;
      }
    };
  }

  /** Writes an entry; its level is used if no event is being rendered. */
  write(level: EventLevel, message: string): void {
    if (message === "") return;
    const entry = { ...(this.#event ?? { level, topology: null, node: null }), message };
    this.#file.write(formatLogEntry(entry, { time: this.#clock.wall(), format: this.#format }));
  }
}

function factsOf(event: ReportedEvent): Omit<LogEntry, "message"> {
  if (event.kind !== "followed") return { level: levelOf(event), ...subjectOf(event) };
  return { level: levelOfApply(event.event), topology: topologyOf(event.event), node: null };
}
