/**
 * Events of one piece of work for one reader: they wait until they are read, and the sender never waits.
 *
 * @module
 */

/** Tells of one piece of work. Its events are as many as the work has, and they go with it. */
export class EventFeed<T> {
  readonly #gone: AbortSignal;
  #waiting: T[] = [];
  #over = false;
  #wake: () => void = () => {};

  /**
   * @param gone aborts when the reader has gone
   */
  constructor(gone: AbortSignal) {
    this.#gone = gone;
    gone.addEventListener("abort", () => this.end(), { once: true });
  }

  /** Tells of an event. */
  readonly emit = (event: T): void => {
    if (this.#over) return;
    this.#waiting.push(event);
    this.#wake();
  };

  /** Says that nothing comes any more. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** The events, until the end. */
  async *events(): AsyncGenerator<T, void, void> {
    while (!this.#gone.aborted) {
      const told = this.#waiting;
      this.#waiting = [];
      yield* told;
      if (this.#waiting.length > 0) continue;
      if (this.#over) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
