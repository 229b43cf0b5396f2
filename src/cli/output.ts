/**
 * What people and programs get to read: results on standard output, everything else on standard error.
 *
 * The only place of this program that writes to a stream. Colour is for terminals, unless NO_COLOR or `--no-color` is
 * set. Whatever a text holds, only colours that were made here reach the terminal as such.
 *
 * @module
 */

import type { EventLevel } from "../graph/data/event.ts";
import type { HostProcess } from "../runtimes/runtime.ts";
import { paint, type Tone, toStream } from "./color.ts";
import { wrapCells, wrapLines } from "./width.ts";

/** How wide lines may be where there is no terminal to ask. */
const DEFAULT_COLUMNS = 80;
/** Diagnostics are cut to their width: a file or a log takes more. */
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
   * @param options `color`: false where the command line says so; `withCommand`: puts the name of this program into texts
   * for people
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

  /** The width that a table must keep to: in a pipe nothing is cut, or a script would lose a port. */
  get tableColumns(): number {
    return this.#process.columns("stdout") ?? Infinity;
  }

  /** The width that notes should keep to. */
  get noteColumns(): number {
    return this.#process.columns("stderr") ?? DEFAULT_NOTE_COLUMNS;
  }

  /** A plan's lines; where the terminal is too narrow for one, it goes on below, under what it is about. */
  fit(stream: "stdout" | "stderr", text: string): string {
    const columns = this.#process.columns(stream);
    if (columns === null) return text;
    return text.split("\n").flatMap((line) => wrapCells(line, columns)).join("\n");
  }

  /** From now on standard output belongs to a node: results go where everything else goes. */
  leaveStdout(): void {
    this.#results = "stderr";
  }

  /** What was asked for: one line or several, without the last newline. */
  result(text: string): void {
    this.#write({ stream: this.#results, level: "info", text });
  }

  /** What was asked for, in words for people. */
  answer(text: string): void {
    this.result(this.withCommand(text));
  }

  /** A text for people with the name by which this program was started. */
  withCommand(text: string): string {
    return this.#withCommand(text);
  }

  /** What was asked for, in sentences, lists or trees, whose lines are broken at blanks where a terminal is narrow. */
  prose(text: string): void {
    this.result(this.#wrap(this.#results, this.withCommand(text)));
  }

  /** What was asked for, for a program. */
  resultJson(value: unknown): void {
    this.result(JSON.stringify(value, null, 2));
  }

  /** What a person is told beside the result. */
  note(text: string, level: EventLevel = "info"): void {
    this.#write({ stream: "stderr", level, text: this.withCommand(text) });
  }

  /** What may not be as the person expects. */
  warn(text: string): void {
    this.note(this.paintNote("warning", text), "warn");
  }

  /** What went wrong. */
  error(text: string): void {
    if (this.#log !== null) return this.note(text, "error");
    this.note(this.#wrap("stderr", this.withCommand(`${this.paintNote("bad", "error:")} ${text}`)), "error");
  }

  #write({ stream, level, text }: { stream: "stdout" | "stderr"; level: EventLevel; text: string }): void {
    if (this.#log === null) this.#process.write(stream, `${toStream(text)}\n`);
    else this.#log.write(level, toStream(text).trimEnd());
  }

  /** Names of commands are to be put in before, as a call that goes over two lines is not found. */
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
