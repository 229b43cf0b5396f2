/**
 * How `status --watch` shows one status after the other: in place on a terminal, one below the other in a pipe, and one
 * line each for programs.
 *
 * @module
 */

import type { Status } from "../../../reconcile/status/status_types.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { fitSections, type Section } from "./fit.ts";
import { LiveView } from "./live_view.ts";
import { LiveScreen } from "./live_screen.ts";
import type { Output } from "../../output.ts";
import { truncatePainted } from "../../width.ts";

/** Values that increase without a change, and therefore cause no output in a pipe. */
const COUNTERS: ReadonlySet<string> = new Set([
  "connections",
  "in",
  "out",
  "dropped",
  "reasons",
  "nextRetryAt",
  "timings",
]);

/** Shows one status after the other. */
export interface Picture extends Disposable {
  /** Shows what is new in it, if anything is. */
  show(status: Status): void;
  /** There was no event for a while. A closed reader is noticed only by a write. */
  beat(): void;
}

/** The input of a picture. */
export interface PictureOptions {
  readonly runtime: Runtime;
  readonly output: Output;
  /** A status as text, for the current size of the terminal. */
  readonly sections: (status: Status, live: LiveView | null) => readonly Section[];
  /** Called when the user ends it with a key; null if keys have no meaning. */
  readonly interrupt: (() => void) | null;
}

/** A picture for people: in place where there is a terminal. */
export function openPicture(options: PictureOptions): Picture {
  return options.runtime.process.rows("stdout") === null ? new PlainPicture(options) : new LivePicture(options);
}

/** A line for each status that differs from the one before, counters too. */
export class LinePicture implements Picture {
  readonly #print: (status: Status) => void;
  #status: Status | null = null;
  #last = "";

  constructor(print: (status: Status) => void) {
    this.#print = print;
  }

  /** Prints it, if it is another. */
  show(status: Status): void {
    const text = JSON.stringify(status);
    if (text !== this.#last) this.#print(status);
    this.#status = status;
    this.#last = text;
  }

  /** Prints the same again; not for programs. */
  beat(): void {
    if (this.#status !== null) this.#print(this.#status);
  }

  [Symbol.dispose](): void {}
}

/** A new table, below the last one, when more changed than counters. */
class PlainPicture implements Picture {
  readonly #options: PictureOptions;
  #last = "";

  constructor(options: PictureOptions) {
    this.#options = options;
  }

  show(status: Status): void {
    const { runtime, output, sections } = this.#options;
    const known = JSON.stringify(status, (key, value) => COUNTERS.has(key) ? undefined : value);
    if (known === this.#last) return;
    const lines = fitSections(sections(status, null), Infinity);
    const gap = this.#last === "" ? "" : "\n";
    this.#last = known;
    const shown = lines.length === 0 ? ["Nothing runs"] : lines;
    output.answer([`${gap}${runtime.clock.wall().toISOString()}`, ...shown].join("\n"));
  }

  beat(): void {
    this.#options.output.result("");
  }

  [Symbol.dispose](): void {}
}

/** The whole terminal, until it ends; then the last picture stays where the person was. */
class LivePicture implements Picture {
  readonly #options: PictureOptions;
  readonly #screen: LiveScreen;
  readonly #unlisten: () => void;
  readonly #live: LiveView;
  readonly #endKeys: (() => void) | null;
  #status: Status | null = null;

  constructor(options: PictureOptions) {
    this.#options = options;
    const { process } = options.runtime;
    this.#screen = new LiveScreen(process);
    this.#unlisten = process.onSignal("SIGWINCH", () => {
      this.#screen.clear();
      this.#draw();
    });
    this.#live = new LiveView(options.runtime.clock);
    const { interrupt } = options;
    this.#endKeys = interrupt === null ? null : process.openKeys?.((key) => this.#press(key, interrupt)) ?? null;
  }

  show(status: Status): void {
    this.#status = status;
    this.#live.take(status);
    this.#draw();
  }

  /** A closed terminal sends SIGHUP. */
  beat(): void {}

  [Symbol.dispose](): void {
    this.#unlisten();
    this.#endKeys?.();
    this.#screen.close();
    const { output, sections } = this.#options;
    if (this.#status !== null) output.answer(fitSections(sections(this.#status, null), Infinity).join("\n"));
  }

  #press(key: string, interrupt: () => void): void {
    if (key === "interrupt" || key === "q") return interrupt();
    if (this.#live.press(key)) this.#draw();
  }

  #draw(): void {
    if (this.#status === null) return;
    const { runtime, output, sections } = this.#options;
    const { process } = runtime;
    const columns = process.columns("stdout") ?? Infinity;
    const room = (process.rows("stdout") ?? Infinity) - 1;
    const lines = fitSections(sections(this.#status, this.#live), room).map((line) => output.withCommand(line));
    const shown = lines.length === 0 ? ["Nothing runs"] : lines;
    this.#screen.show([this.#title(output), ...shown].map((line) => truncatePainted(line, columns)));
  }

  #title(output: Output): string {
    const time = this.#options.runtime.clock.wall().toTimeString().slice(0, 8);
    const { pid, runtime } = this.#status?.engine ?? { pid: 0, runtime: "" };
    const keys = this.#endKeys === null ? "Ctrl-C ends" : this.#keys();
    return output.paint("faint", `${time}  engine ${pid} (${runtime})  ${keys}`);
  }

  #keys(): string {
    if (this.#live.opened !== null) return "Esc: all nodes  q: quit";
    const by = this.#live.order === "file" ? "" : `  by ${this.#live.order}`;
    return `↑↓ Enter: node  r/e/f: sort by rate, errors, file  q: quit${by}`;
  }
}
