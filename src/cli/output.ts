/**
 * Output for users and programs: results on standard output, everything else on standard error.
 *
 * The only place of this program that writes to a stream. Colour is for terminals, unless NO_COLOR or `--no-color` is
 * set. Only colours that were set here reach the terminal as colours.
 *
 * @module
 */

import type { EventLevel } from "../graph/data/event.ts";
import type { HostProcess } from "../runtimes/runtime.ts";
import { paint, type Tone, toStream } from "./color.ts";
import { wrapCells, wrapLines } from "./width.ts";

/** The width of lines without a terminal. */
const DEFAULT_COLUMNS = 80;
/** The width of diagnostics in a file or a log, which can be wider. */
const DEFAULT_NOTE_COLUMNS = 120;

/** A log that gets all lines, each with its level, in place of the streams. */
export interface OutputLog {
  /** Writes an entry. */
  write(level: EventLevel, text: string): void;
}

/** Writes for one call of the program. */
export class Output {
  readonly #process: HostProcess;
  readonly #log: OutputLog | null;
  readonly #withCommand: (text: string) => string;
  #results: "stdout" | "stderr" = "stdout";
  readonly #color: { readonly stdout: boolean; readonly stderr: boolean };

  /**
   * @param options `color`: false if the command line disables it; `withCommand`: inserts the name of this program into
   * texts
   */
  constructor(
    process: HostProcess,
    options: { color: boolean; withCommand?: (text: string) => string; log?: OutputLog },
  ) {
    const desired = options.color && (process.env("NO_COLOR") ?? "") === "" && process.env("TERM") !== "dumb";
    this.#process = process;
    this.#log = options.log ?? null;
    this.#withCommand = options.withCommand ?? ((text) => text);
    this.#color = {
      stdout: desired && process.columns("stdout") !== null,
      stderr: desired && process.columns("stderr") !== null,
    };
  }

  /** The width that lines of a result should keep to. */
  get columns(): number {
    return this.#process.columns("stdout") ?? DEFAULT_COLUMNS;
  }

  /** The width that a table must keep to: in a pipe there is no limit, because a script could lose a port. */
  get tableColumns(): number {
    return this.#process.columns("stdout") ?? Infinity;
  }

  /** The width that notes should keep to. */
  get noteColumns(): number {
    return this.#process.columns("stderr") ?? DEFAULT_NOTE_COLUMNS;
  }

  /** A plan's lines; if the terminal is too narrow for a line, it continues below, under its subject. */
  fit(stream: "stdout" | "stderr", text: string): string {
    const columns = this.#process.columns(stream);
    if (columns === null) return text;
    return text.split("\n").flatMap((line) => wrapCells(line, columns)).join("\n");
  }

  /** From now on standard output belongs to a node: results are written to standard error too. */
  leaveStdout(): void {
    this.#results = "stderr";
  }

  /** A result: one line or several, without the last newline. */
  result(text: string): void {
    this.#write({ stream: this.#results, level: "info", text });
  }

  /** Bytes as they are, without blocking: settles when they are written. */
  octets(stream: "stdout" | "stderr", octets: Uint8Array): Promise<void> {
    return this.#process.writeOctets(stream, octets);
  }

  /** A result, as text. */
  answer(text: string): void {
    this.result(this.withCommand(text));
  }

  /** A text for people with the name by which this program was started. */
  withCommand(text: string): string {
    return this.#withCommand(text);
  }

  /** A result as sentences, lists or trees, whose lines are broken at blanks on a narrow terminal. */
  prose(text: string): void {
    this.result(this.#wrap(this.#results, this.withCommand(text)));
  }

  /** A result for programs. */
  resultJson(value: unknown): void {
    this.result(JSON.stringify(value, null, 2));
  }

  /** A note beside the result. */
  note(text: string, level: EventLevel = "info"): void {
    this.#write({ stream: "stderr", level, text: this.withCommand(text) });
  }

  /** A warning. */
  warn(text: string): void {
    this.note(this.paintNote("warning", text), "warn");
  }

  /** As {@linkcode warn}, without blocking. */
  warnUnblocked(text: string): Promise<void> {
    return this.octets("stderr", new TextEncoder().encode(`${toStream(this.paintNote("warning", text))}\n`));
  }

  /** An error. */
  error(text: string): void {
    if (this.#log !== null) return this.note(text, "error");
    this.note(this.#wrap("stderr", this.withCommand(`${this.paintNote("bad", "error:")} ${text}`)), "error");
  }

  #write({ stream, level, text }: { stream: "stdout" | "stderr"; level: EventLevel; text: string }): void {
    if (this.#log === null) this.#process.write(stream, `${toStream(text)}\n`);
    else this.#log.write(level, toStream(text).trimEnd());
  }

  /** Names of commands must be inserted before, because a command over two lines is not found. */
  #wrap(stream: "stdout" | "stderr", text: string): string {
    return wrapLines(text, this.#process.columns(stream) ?? Infinity);
  }

  /** Colours a part of a result. */
  paint(tone: Tone, text: string): string {
    return this.#color[this.#results] ? paint(tone, text) : text;
  }

  /** Colours a part of a note. */
  paintNote(tone: Tone, text: string): string {
    return this.#color.stderr ? paint(tone, text) : text;
  }
}
