/**
 * A picture on a terminal that changes in place.
 *
 * It has the terminal's other screen, so that what stood there before is back when it ends. Only lines that differ are
 * written, all of them at once, so that nothing flickers; long lines are the caller's to cut.
 *
 * @module
 */

import { toStream } from "../../color.ts";
import type { HostProcess } from "../../../runtimes/runtime.ts";

const ESC = "\u001b[";
/** The other screen, without a cursor and without wrapping. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
const CLEAR = `${ESC}2J`;
const CLEAR_LINE = `${ESC}2K`;

/** A terminal while a picture is shown on it. Whoever opens it closes it. */
export class LiveScreen implements Disposable {
  readonly #process: Pick<HostProcess, "write">;
  #shown: readonly string[] = [];
  #open = true;

  constructor(process: Pick<HostProcess, "write">) {
    this.#process = process;
    process.write("stdout", ENTER + CLEAR);
  }

  /** Shows these lines in place of those before. */
  show(lines: readonly string[]): void {
    if (!this.#open) return;
    const rows = Math.max(lines.length, this.#shown.length);
    let text = "";
    for (let row = 0; row < rows; row++) {
      const line = lines[row] ?? "";
      if (line !== (this.#shown[row] ?? "")) text += `${ESC}${row + 1};1H${CLEAR_LINE}${toStream(line)}`;
    }
    this.#shown = lines;
    if (text !== "") this.#process.write("stdout", text);
  }

  /** Forgets what is shown: the terminal has another size, and nobody knows what it did with the lines. */
  clear(): void {
    this.#shown = [];
    if (this.#open) this.#process.write("stdout", CLEAR);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#process.write("stdout", LEAVE);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
