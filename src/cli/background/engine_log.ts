/**
 * What an engine in the background says, as lines of its log: the same sentences that one in the foreground prints, each
 * with its time, its level and what it is about.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { EngineEvent } from "../../engine/engine_options.ts";
import type { LogFile } from "../../runtimes/background.ts";
import type { ProcessFace } from "../../runtimes/runtime.ts";
import { formatLogEntry, type LogEntry, type LogFormat } from "../../telemetry/log.ts";

/** What an entry is about, and how much it matters. */
type Subject = Pick<LogEntry, "level" | "topology" | "node">;

const ENGINE: Subject = { level: "info", topology: null, node: null };
const ERROR = /^error: /;

/** The log of an engine. */
export class EngineLog {
  readonly #file: LogFile;
  readonly #clock: Clock;
  readonly #format: LogFormat;
  #subject: Subject = ENGINE;

  constructor(file: LogFile, options: { readonly clock: Clock; readonly format: LogFormat }) {
    this.#file = file;
    this.#clock = options.clock;
    this.#format = options.format;
  }

  /** A process whose output goes here. */
  processOf(process: ProcessFace): ProcessFace {
    const { args, pid, uid, cwd } = process;
    return {
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
      write: (_stream, text) => this.#write(text.trimEnd()),
    };
  }

  /** A listener that knows what is said because of an event. */
  listener(report: (event: EngineEvent) => void): (event: EngineEvent) => void {
    return (event) => {
      this.#subject = subjectOf(event);
      try {
        report(event);
        if (event.kind === "applied") this.#write(`${event.topology}: ${event.result} in ${Math.round(event.ms)} ms`);
      } finally {
        this.#subject = ENGINE;
      }
    };
  }

  #write(text: string): void {
    if (text === "") return;
    const failed = ERROR.test(text);
    const entry = { ...this.#subject, ...failed ? { level: "error" as const } : {}, message: text.replace(ERROR, "") };
    this.#file.write(formatLogEntry(entry, { time: this.#clock.wall(), format: this.#format }));
  }
}

function subjectOf(event: EngineEvent): Subject {
  switch (event.kind) {
    case "failed":
    case "connection-failed":
      return { level: "warn", topology: event.scope, node: event.node };
    case "retry-planned":
    case "retry-started":
      return { level: "warn", topology: event.topology, node: event.node };
    case "recovered":
      return { level: "info", topology: event.topology, node: event.node };
    case "gave-up":
      return { level: "error", topology: event.topology, node: event.node };
    case "unconfirmed":
      return { level: "warn", topology: event.topology, node: null };
    case "applied":
    case "awaiting-confirmation":
    case "confirmed":
    case "drift-healed":
    case "not-kept":
    case "error":
      return { level: "info", topology: event.topology, node: null };
    case "graph-lost":
    case "graph-restarted":
    case "thread-lost":
    case "thread-restarted":
    case "followed":
      return ENGINE;
  }
}
