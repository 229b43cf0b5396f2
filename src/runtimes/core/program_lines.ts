/**
 * The standard error of a program as lines for the log, with limits: a line is at most {@linkcode MAX_LINE_BYTES} long,
 * and of more than {@linkcode MAX_LINES} in a second the others are counted.
 *
 * @module
 */

/** A longer line is cut. */
const MAX_LINE_BYTES = 2_048;
/** The lines of one program in one second. */
const MAX_LINES = 100;
const WINDOW_MS = 1_000;
const LF = 10;

/** Divides bytes into lines. */
export class ProgramLines {
  readonly #now: () => number;
  readonly #emit: (line: string) => void;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The rest of a line that is too long is skipped. */
  #isSkipping = false;
  #windowAt = -Infinity;
  #inWindow = 0;
  #dropped = 0;

  constructor(now: () => number, emit: (line: string) => void) {
    this.#now = now;
    this.#emit = emit;
  }

  /** Takes bytes, which are lent. */
  take(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
      this.#end(bytes.subarray(from, at));
      from = at + 1;
    }
    if (this.#isSkipping || from === bytes.length) return;
    this.#rest = joined(this.#rest, bytes.subarray(from));
    if (this.#rest.length < MAX_LINE_BYTES) return;
    this.#line(this.#rest.subarray(0, MAX_LINE_BYTES));
    this.#rest = new Uint8Array();
    this.#isSkipping = true;
  }

  /** The program has ended: a line without end is one too. */
  end(): void {
    if (this.#rest.length > 0) this.#end(new Uint8Array());
    this.#reportDropped();
  }

  #end(bytes: Uint8Array): void {
    if (!this.#isSkipping) this.#line(joined(this.#rest, bytes).subarray(0, MAX_LINE_BYTES));
    this.#isSkipping = false;
    this.#rest = new Uint8Array();
  }

  #line(bytes: Uint8Array): void {
    const now = this.#now();
    if (now - this.#windowAt >= WINDOW_MS) {
      this.#reportDropped();
      this.#windowAt = now;
      this.#inWindow = 0;
    }
    if (++this.#inWindow > MAX_LINES) this.#dropped++;
    else this.#emit(new TextDecoder().decode(bytes).replace(/\r$/, ""));
  }

  #reportDropped(): void {
    if (this.#dropped > 0) this.#emit(`(${this.#dropped} more lines were dropped)`);
    this.#dropped = 0;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
