/**
 * `status --watch`: the status, shown again after every change.
 *
 * Events of the engine trigger a read; counters have no events, so the status is also read once per second.
 *
 * @module
 */

import { type Clock, sleep } from "../../../clock.ts";
import type { ControlClient } from "../../../api/client.ts";
import type { Status } from "../../../reconcile/status/status_types.ts";
import { engineEnded, followEvents, isBroken } from "../../follow.ts";

/** The interval of reads without events. */
const READ_INTERVAL_MS = 1_000;
/** The shortest interval of reads, for any number of events. */
const READ_DELAY_MS = 200;

/** The context of a watch. */
export interface Watch {
  readonly clock: Clock;
  /** Is handed one status after the other. */
  readonly show: (status: Status) => void;
  /** Nothing has happened for a while. */
  readonly beat: () => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Watches until the signal aborts.
 *
 * @throws CommandFailure 75 when the engine ends
 */
export async function watchStatus(engine: ControlClient, { clock, show, beat, signal }: Watch): Promise<void> {
  const bell = new Bell();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const heard = followEvents(engine, ({ kind }) => kind === "heartbeat" ? beat() : bell.ring(), { signal: either });
  // The last ring must not be missed: the end of the events wakes the loop as events do.
  const ended = heard.finally(() => bell.ring());
  ended.catch(() => {}); // Its reason is thrown below.
  try {
    while (!signal.aborted) {
      show(await engine.status());
      await pause(clock, READ_DELAY_MS, signal);
      await bell.wait(clock, READ_INTERVAL_MS - READ_DELAY_MS);
      if (await isSettled(heard)) return await heard;
    }
  } catch (error) {
    if (!signal.aborted) throw isBroken(error) ? engineEnded() : error;
  } finally {
    over.abort();
  }
}

/** A signal of new events, with one waiter. */
class Bell {
  #rung = false;
  #hear: () => void = () => {};

  ring(): void {
    this.#rung = true;
    this.#hear();
  }

  /** Waits for a ring, including one since the last wait, with a time limit in milliseconds. */
  async wait(clock: Clock, limitMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(limitMs, resolve);
        this.#hear = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#rung = false;
  }
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, delayMs, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => true, () => true), Promise.resolve(false)]);
}
