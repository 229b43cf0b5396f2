/**
 * Whether a target accepts datagrams, as far as the system reports it: rejected ones (the port is not in use) are
 * failures, and those that were not rejected within half a second are accepted.
 *
 * It costs nothing per datagram: one timer checks all sockets that have sent since its last check.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { type ErrorCode, isErrorCode } from "../../../errors.ts";
import { featureSupport } from "../../../socket/capability.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import { socketKind } from "../../../socket/kind.ts";
import type { SocketRuntime } from "../../../socket/socket.ts";

/** A connected socket of datagrams. */
export interface DatagramSender {
  readonly clock: Clock;
  /** The number of datagrams so far. */
  sent(): number;
  /** Datagrams that the system rejected, by errno. */
  refusals(): ReadonlyMap<string, number>;
  /** It is no longer checked: the next datagram must be reported. */
  checkEnded(): void;
  /** This number was rejected since the last check. */
  refused(refusal: { readonly code: ErrorCode; readonly count: number }): void;
  /** Some were accepted, and none rejected. */
  taken(): void;
}

const CHECK_MS = 500;

/** The errors that concern the target; all others concern one datagram. */
const ABOUT_TARGET: ReadonlySet<string> = new Set<ErrorCode>([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOENT",
]);

interface SendRecord {
  readonly sent: number;
  readonly refused: number;
  /** The number of sent datagrams when the last rejection was seen. */
  readonly refusedAt: number;
}

/** All sockets of one clock that have sent recently. */
class Watch {
  readonly #clock: Clock;
  readonly #records = new Map<DatagramSender, SendRecord>();
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(sender: DatagramSender): void {
    // The datagram in transit is included in the next check.
    const sent = sender.sent() - 1;
    this.#records.set(sender, { sent, refused: refusedBy(sender), refusedAt: sent });
    this.#timer ??= this.#clock.after(CHECK_MS, () => this.#check());
  }

  remove(sender: DatagramSender): void {
    if (!this.#records.delete(sender) || this.#records.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #check(): void {
    this.#timer = null;
    for (const [sender, before] of [...this.#records]) {
      const [sent, refused] = [sender.sent(), refusedBy(sender)];
      if (refused > before.refused) {
        this.#records.set(sender, { sent, refused, refusedAt: sent });
        const code = [...sender.refusals().keys()].findLast((one) => ABOUT_TARGET.has(one));
        if (isErrorCode(code)) sender.refused({ code, count: refused - before.refused });
        continue;
      }
      // Datagrams that were sent before the last check could have been rejected by now.
      if (before.sent > before.refusedAt) sender.taken();
      if (sent > before.sent) this.#records.set(sender, { ...before, sent });
      else {
        this.#records.delete(sender);
        sender.checkEnded();
      }
    }
    if (this.#records.size > 0) this.#timer ??= this.#clock.after(CHECK_MS, () => this.#check());
  }
}

function refusedBy(sender: DatagramSender): number {
  let refused = 0;
  for (const [code, count] of sender.refusals()) if (ABOUT_TARGET.has(code)) refused += count;
  return refused;
}

const watches = new WeakMap<Clock, Watch>();

/** A note where the runtime does not report rejected datagrams, so that nothing is known of the target. */
export function unseenNotes({ capabilities }: SocketRuntime, endpoint: Endpoint): readonly string[] {
  if (endpoint.type !== "dgram") return [];
  if (featureSupport(capabilities, socketKind(endpoint), "refused-datagrams") !== "no") return [];
  return [
    `runtime ${capabilities.runtime} does not report refused datagrams, so it is not known whether the target accepts them`,
  ];
}

/** Checks a socket that has sent, until it is idle. */
export function watchDatagrams(sender: DatagramSender): void {
  let watch = watches.get(sender.clock);
  if (watch === undefined) watches.set(sender.clock, watch = new Watch(sender.clock));
  watch.add(sender);
}

/** Stops checking it. */
export function unwatchDatagrams(sender: DatagramSender): void {
  watches.get(sender.clock)?.remove(sender);
}
