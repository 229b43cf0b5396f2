/**
 * The programs of a runtime that the system has not removed yet: a runtime ends when there are none.
 *
 * @module
 */

/** A program that can be ended. */
export interface EndableProgram {
  /** Asks it to end, and kills it later. */
  stop(): void;
  /** Kills it and waits until it is removed. */
  kill(): void;
}

/** Records every program of one runtime. */
export class OpenPrograms {
  readonly #programs = new Set<EndableProgram>();
  readonly #later: (call: () => void) => void;
  #whenEmpty: (() => void)[] = [];

  /** @param later calls on a later turn */
  constructor(later: (call: () => void) => void) {
    this.#later = later;
  }

  add(program: EndableProgram): void {
    this.#programs.add(program);
  }

  /** The system has removed it. */
  remove(program: EndableProgram): void {
    this.#programs.delete(program);
    if (this.#programs.size > 0) return;
    for (const done of this.#whenEmpty) this.#later(done);
    this.#whenEmpty = [];
  }

  /** Ends all, and waits for them. */
  async close(): Promise<void> {
    for (const program of [...this.#programs]) program.stop();
    if (this.#programs.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Kills all. */
  kill(): void {
    for (const program of [...this.#programs]) program.kill();
    this.#programs.clear();
  }
}
