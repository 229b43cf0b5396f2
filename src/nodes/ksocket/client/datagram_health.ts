/**
 * Whether a target takes the datagrams that are sent to it, as far as the system says: those that it refuses (nobody
 * has the port) are failures, and those that were sent and not refused within half a second are taken.
 *
 * It costs nothing a datagram: one timer looks at all sockets that have sent since its last look.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { type ErrorCode, isErrorCode } from "../../../errors.ts";

/** A connected socket of datagrams. */
export interface DatagramSender {
  readonly clock: Clock;
  /** How many datagrams it was given so far. */
  sent(): number;
  /** What the system refused, by errno. */
  refusals(): ReadonlyMap<string, number>;
  /** It is not looked at any more: the next datagram is to be noted. */
  rested(): void;
  /** So many more were refused. */
  refused(refusal: { readonly code: ErrorCode; readonly count: number }): void;
  /** Some were taken, and none refused. */
  taken(): void;
}

const LOOK_MS = 500;

/** The refusals that are about the target; all others are about one datagram. */
const ABOUT_TARGET: ReadonlySet<string> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOENT",
]);

interface Look {
  readonly sent: number;
  readonly refused: number;
  /** How many had been sent when it was last seen that some were refused. */
  readonly refusedAt: number;
}

/** All sockets of one clock that have sent lately. */
class Watch {
  readonly #clock: Clock;
  readonly #looks = new Map<DatagramSender, Look>();
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(sender: DatagramSender): void {
    // The one that is on its way just now is to be judged.
    const sent = sender.sent() - 1;
    this.#looks.set(sender, { sent, refused: refusedBy(sender), refusedAt: sent });
    this.#timer ??= this.#clock.after(LOOK_MS, () => this.#look());
  }

  remove(sender: DatagramSender): void {
    if (!this.#looks.delete(sender) || this.#looks.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    for (const [sender, before] of [...this.#looks]) {
      const [sent, refused] = [sender.sent(), refusedBy(sender)];
      if (refused > before.refused) {
        this.#looks.set(sender, { sent, refused, refusedAt: sent });
        const code = [...sender.refusals().keys()].findLast((one) => ABOUT_TARGET.has(one));
        if (isErrorCode(code)) sender.refused({ code, count: refused - before.refused });
        continue;
      }
      // What had been sent at the look before has had its time to be refused.
      if (before.sent > before.refusedAt) sender.taken();
      if (sent > before.sent) this.#looks.set(sender, { ...before, sent });
      else {
        this.#looks.delete(sender);
        sender.rested();
      }
    }
    if (this.#looks.size > 0) this.#timer ??= this.#clock.after(LOOK_MS, () => this.#look());
  }
}

function refusedBy(sender: DatagramSender): number {
  let refused = 0;
  for (const [code, count] of sender.refusals()) if (ABOUT_TARGET.has(code)) refused += count;
  return refused;
}

const watches = new WeakMap<Clock, Watch>();

/** Looks at a socket that has sent something, until it rests. */
export function watchDatagrams(sender: DatagramSender): void {
  let watch = watches.get(sender.clock);
  if (watch === undefined) watches.set(sender.clock, watch = new Watch(sender.clock));
  watch.add(sender);
}

/** Looks at it no more. */
export function unwatchDatagrams(sender: DatagramSender): void {
  watches.get(sender.clock)?.remove(sender);
}
