/**
 * Timers of a loop that does its own waiting: a binary heap by deadline.
 *
 * A canceled timer stays in the heap as an empty entry until it is due, or until empty entries outnumber the others: a
 * relay cancels a timer of one hour for every connection that ends.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";

/** With fewer entries, empty ones are not removed. */
const SWEEP_FROM = 64;

class Entry implements Timer {
  readonly deadline: number;
  readonly order: number;
  fire: (() => void) | null;
  readonly #heap: TimerHeap;

  constructor(heap: TimerHeap, at: { deadline: number; order: number }, fire: () => void) {
    this.#heap = heap;
    this.deadline = at.deadline;
    this.order = at.order;
    this.fire = fire;
  }

  cancel(): void {
    if (this.fire === null) return;
    this.fire = null;
    this.#heap.cancelled();
  }
}

/** Timers by deadline; equal deadlines fire in the order they were set. */
export class TimerHeap {
  #entries: Entry[] = [];
  #hulls = 0;
  #order = 0;

  /** Sets a timer. */
  add(deadline: number, fire: () => void): Timer {
    const entry = new Entry(this, { deadline, order: this.#order++ }, fire);
    this.#entries.push(entry);
    this.#rise(this.#entries.length - 1);
    return entry;
  }

  /** When the next timer fires, or null. */
  next(): number | null {
    for (let head = this.#entries[0]; head !== undefined; head = this.#entries[0]) {
      if (head.fire !== null) return head.deadline;
      this.#pop();
      this.#hulls--;
    }
    return null;
  }

  /** Fires the timers that are due at `now`. Timers that are set meanwhile wait for the next call. */
  fireDue(now: number): void {
    const before = this.#order;
    for (let head = this.#entries[0]; head !== undefined; head = this.#entries[0]) {
      if (head.deadline > now || head.order >= before) return;
      this.#pop();
      const { fire } = head;
      if (fire === null) this.#hulls--;
      head.fire = null;
      fire?.();
    }
  }

  /** An entry became empty; called by the entry itself. */
  cancelled(): void {
    this.#hulls++;
    if (this.#entries.length < SWEEP_FROM || this.#hulls * 2 < this.#entries.length) return;
    this.#entries = this.#entries.filter(({ fire }) => fire !== null).sort(compare);
    this.#hulls = 0;
  }

  #pop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#sink(last);
  }

  #rise(from: number): void {
    const entries = this.#entries;
    const entry = entries[from];
    let index = from;
    while (entry !== undefined && index > 0) {
      const above = (index - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || compare(parent, entry) <= 0) break;
      entries[index] = parent;
      entries[above] = entry;
      index = above;
    }
  }

  #sink(entry: Entry): void {
    const entries = this.#entries;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = entries[below];
      const right = entries[below + 1];
      if (child === undefined) return;
      if (right !== undefined && compare(right, child) < 0) {
        child = right;
        below++;
      }
      if (compare(entry, child) <= 0) return;
      entries[index] = child;
      entries[below] = entry;
      index = below;
    }
  }
}

function compare(a: Entry, b: Entry): number {
  return a.deadline === b.deadline ? a.order - b.order : a.deadline - b.deadline;
}
