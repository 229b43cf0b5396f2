/**
 * Long work in pieces: a generator says where it may rest, and whoever runs it lets others have the thread there every
 * few milliseconds. The same work runs at a stretch where nobody waits.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Work that may rest at every `yield`. */
export type Task<T> = Generator<void, T, void>;

/** Whose time it is, and how others get their turn. */
export interface Pace {
  readonly clock: Clock;
  /** Lets everything else in this thread go on for a turn; without it the work is done at a stretch. */
  readonly yieldToLoop?: (() => Promise<void>) | undefined;
}

/** How long work may keep the thread to itself: a collection of young objects may come on top of it. */
const BREATHE_EVERY_MS = 3;

/** How many small things are done between two chances to rest. */
const BATCH = 64;

/** Does something with each of many. */
export function* forEachInTurn<T>(items: Iterable<T>, act: (item: T) => void): Task<void> {
  let left = BATCH;
  for (const item of items) {
    act(item);
    if (--left > 0) continue;
    left = BATCH;
    yield;
  }
}

/** Does work at a stretch. */
export function runSync<T>(work: Task<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Does work and lets others have the thread meanwhile. */
export async function runCooperatively<T>(work: Task<T>, pace: Pace): Promise<T> {
  const breath = new TimeSlice(pace);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (breath.due) await breath.yield();
  }
}

/** Says when others shall have the thread. */
export class TimeSlice {
  readonly #pace: Pace;
  #since: number;

  constructor(pace: Pace) {
    this.#pace = pace;
    this.#since = pace.clock.now();
  }

  /** True when the thread was kept for long enough. */
  get due(): boolean {
    return this.#pace.yieldToLoop !== undefined && this.#pace.clock.now() - this.#since >= BREATHE_EVERY_MS;
  }

  /** Lets others have it. */
  async yield(): Promise<void> {
    await yieldTurn(this.#pace);
    this.#since = this.#pace.clock.now();
  }
}

/** Lets many works begin one after the other, with a rest between them as soon as one is due. */
export class Turns {
  readonly #pace: Pace;
  #last: Promise<void> = Promise.resolve();

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Resolves when the next one may begin. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => yieldTurn(this.#pace));
    return this.#last;
  }
}

/** So soon after a turn nobody waits for the next one. */
const NO_REST_MS = 2;

/** What is known of the works of one thread, which its clock stands for. */
interface Thread {
  /** Ends when whoever rests last may go on. */
  last: Promise<void>;
  /** When a rest last ended. */
  rested: number;
  /** How many pieces of work have ended. */
  pieces: number;
}

const THREADS = new WeakMap<Clock, Thread>();

/** How many turns a rest takes at most. */
const MAX_TURNS = 4;

/**
 * Lets everything else in this thread go on for a turn. Those who rest at the same time go on one after the other, each
 * after a turn of its own: together they would keep the thread as long as all of them do. Where a turn has only just
 * been given, nothing waits for another: a thousand small works would wait for most of their time.
 */
export async function yieldTurn({ yieldToLoop, clock }: Pick<Pace, "yieldToLoop" | "clock">): Promise<void> {
  if (yieldToLoop === undefined) return;
  const thread = threadOf(clock);
  if (clock.now() - thread.rested < NO_REST_MS) return;
  thread.pieces++;
  thread.last = thread.last.then(() => yieldWholeTurn(thread, yieldToLoop));
  await thread.last;
  thread.rested = clock.now();
}

function threadOf(clock: Clock): Thread {
  let thread = THREADS.get(clock);
  if (thread === undefined) THREADS.set(clock, thread = { last: Promise.resolve(), rested: -Infinity, pieces: 0 });
  return thread;
}

/**
 * A turn in which no other work had the thread. Deno 2.9 asks the system for input and output only when it is idle for a
 * moment, or every 61st turn: while two works alternate, the timer of one has always passed when the other rests, and
 * sockets wait for hundreds of milliseconds.
 */
async function yieldWholeTurn(thread: Thread, yieldToLoop: () => Promise<void>): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    const { pieces } = thread;
    await yieldToLoop();
    if (thread.pieces === pieces) return;
  }
}
