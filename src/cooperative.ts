/**
 * Long work in pieces: a generator yields where it may pause, and its runner yields the thread there every few
 * milliseconds. The same work runs without pauses if no other work waits.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Work that may rest at every `yield`. */
export type Task<T> = Generator<void, T, void>;

/** The clock, and the way to yield the thread. */
export interface Pace {
  readonly clock: Clock;
  /** Lets the rest of this thread run for a turn; without it the work runs without pauses. */
  readonly yieldToLoop?: (() => Promise<void>) | undefined;
}

/** How long work may block the thread, in addition to a collection of young objects. */
const BREATHE_EVERY_MS = 3;

/** The number of small operations between two possible pauses. */
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

/** Runs work and yields the thread meanwhile. */
export async function runCooperatively<T>(work: Task<T>, pace: Pace): Promise<T> {
  const timeSlice = new TimeSlice(pace);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (timeSlice.due) await timeSlice.yield();
  }
}

/** Decides when to yield the thread. */
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

  /** Yields it. */
  async yield(): Promise<void> {
    await yieldTurn(this.#pace);
    this.#since = this.#pace.clock.now();
  }
}

/** Starts many tasks one after the other, with a pause between them when one is due. */
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

/** Within this time after a turn, no new one is awaited. */
const NO_REST_MS = 2;

/** The state of the tasks of one thread, which its clock identifies. */
interface Thread {
  /** Resolves when the last paused task may continue. */
  last: Promise<void>;
  /** When a rest last ended. */
  rested: number;
  /** The number of ended tasks. */
  pieces: number;
}

const THREADS = new WeakMap<Clock, Thread>();

/** The limit of turns of a pause. */
const MAX_TURNS = 4;

/**
 * Lets the rest of this thread run for a turn. Tasks that pause at the same time continue one after the other, each
 * after its own turn: together they would block the thread for the sum of their times. Shortly after a turn no other
 * one is awaited: a thousand small tasks would wait for most of their time.
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
 * A turn in which no other task ran. Deno 2.9 asks the system for input and output only when it is idle for a moment,
 * or every 61st turn: while two tasks alternate, the timer of one has always expired when the other pauses, and sockets
 * wait for hundreds of milliseconds.
 */
async function yieldWholeTurn(thread: Thread, yieldToLoop: () => Promise<void>): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    const { pieces } = thread;
    await yieldToLoop();
    if (thread.pieces === pieces) return;
  }
}
