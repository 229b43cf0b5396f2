/**
 * A picture on a terminal that changes in place.
 *
 * Uses the terminal's alternate screen, so that the earlier content is restored at the end. Only changed lines are
 * written, in one write, to avoid flicker; the caller truncates long lines.
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

/** A terminal that shows a picture. The caller that opens it closes it. */
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

  /** Clears the record of the screen: the size has changed, and the terminal may have moved the lines. */
  clear(): void {
    this.#shown = [];
    if (this.#open) this.#process.write("stdout", CLEAR);
  }

  /** Restores the terminal. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#process.write("stdout", LEAVE);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
