/**
 * A queue whose readers wait when it is empty.
 *
 * @module
 */

/** What was put in comes out in order, to whoever asks first. */
export class AwaitableQueue<T> {
  readonly #readers: ((item: T | null) => void)[] = [];
  #items: T[] = [];
  #over = false;

  /** @returns true when a reader that waited has it now */
  push(item: T): boolean {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader(item);
    return reader !== undefined;
  }

  /** The next one; null when there will be none any more. `taken` is called for one that has waited. */
  next(taken: (item: T) => void = () => {}): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) {
      taken(item);
      return Promise.resolve(item);
    }
    return this.#over ? Promise.resolve(null) : new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Takes out what `drops` says, asked from the oldest on. */
  drop(drops: (item: T) => boolean): void {
    this.#items = this.#items.filter((item) => !drops(item));
  }

  /** Nothing comes any more; what waits can still be read. */
  end(): void {
    this.#over = true;
    for (const reader of this.#readers.splice(0)) reader(null);
  }
}
