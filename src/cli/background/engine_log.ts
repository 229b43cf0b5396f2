/**
 * What an engine in the background says, as lines of its log: the same sentences that one in the foreground prints, each
 * with its time, its level and what it is about.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import { isWarning } from "../../api/source_event.ts";
import type { EngineEvent } from "../../engine/engine_options.ts";
import type { LogFile } from "../../runtimes/background.ts";
import type { HostProcess } from "../../runtimes/runtime.ts";
import { formatLogEntry, type LogEntry, type LogFormat } from "../../telemetry/log.ts";

/** What an entry is about, and how much it matters. */
type Subject = Pick<LogEntry, "level" | "topology" | "node">;

const ENGINE: Subject = { level: "info", topology: null, node: null };
const ERROR = /^error: /;
/** A problem of a text: `web.yaml:2:3 error[unknown-type]: …`. */
const DIAGNOSTIC = /^\S+:\d+:\d+ (error|warning)\[/;

const FAILED: ReadonlySet<string> = new Set(["failed", "rolled-back", "rollback-failed"]);

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
  processOf(process: HostProcess): HostProcess {
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
        // What was not changed is no news: another topology of the same source was.
        if (event.kind === "applied" && event.result !== "unchanged") {
          this.#write(`${event.topology}: ${event.result} in ${Math.round(event.ms)} ms`);
        }
      } finally {
        this.#subject = ENGINE;
      }
    };
  }

  #write(text: string): void {
    if (text === "") return;
    const level = levelOf(text) ?? this.#subject.level;
    const entry = { ...this.#subject, level, message: text.replace(ERROR, "") };
    this.#file.write(formatLogEntry(entry, { time: this.#clock.wall(), format: this.#format }));
  }
}

/** What a text says itself of how much it matters, whoever wrote it. */
function levelOf(text: string): LogEntry["level"] | null {
  if (ERROR.test(text)) return "error";
  const [, severity] = DIAGNOSTIC.exec(text) ?? [];
  if (severity === undefined) return null;
  return severity === "error" ? "error" : "warn";
}

/** What the engine does with a source that it follows. */
function followedSubject(event: ApplyEvent): Subject {
  switch (event.kind) {
    case "source":
      return { ...ENGINE, level: event.reason === "Warnings" ? "warn" : "error" };
    case "step":
      return { ...ENGINE, level: event.state === "degraded" ? "warn" : "info" };
    case "noticed":
      return { ...ENGINE, level: isWarning(event) ? "warn" : "info" };
    case "undo":
      return { level: "warn", topology: event.topology, node: null };
    case "kept":
      return { level: "warn", topology: event.topology, node: null };
    case "outcome":
      return { level: outcomeLevel(event.outcome), topology: event.outcome.topology, node: null };
    case "plan":
    case "pruned":
    case "error":
      return ENGINE;
  }
}

function outcomeLevel({ result, ready }: ApplyOutcome): LogEntry["level"] {
  switch (result) {
    case "failed":
    case "rolled-back":
      return "error";
    case "applied":
    case "unchanged":
      return ready ? "info" : "warn";
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
      return { level: FAILED.has(event.result) ? "error" : "info", topology: event.topology, node: null };
    case "awaiting-confirmation":
    case "confirmed":
    case "drift-healed":
    case "not-kept":
    case "error":
      return { level: "info", topology: event.topology, node: null };
    case "client-change":
      return { level: "info", topology: event.topology === "" ? null : event.topology, node: null };
    case "graph-lost":
    case "graph-restarted":
    case "thread-lost":
    case "thread-restarted":
    case "control-path":
      return ENGINE;
    case "followed":
      return followedSubject(event.event);
  }
}
