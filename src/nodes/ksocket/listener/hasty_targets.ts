/**
 * Targets that end a young connection first and without a byte. A proxy whose own target is down does so with all of
 * them: such a target is probed by a connection of the listener, and counts as failed until it keeps one or serves a
 * client.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import type { Timer } from "../../../clock.ts";
import { errorText, type NetgraphError } from "../../../errors.ts";
import { targetAddress } from "../../../socket/address_text.ts";
import { TargetProbe } from "../../pool/target_probe.ts";
import type { SocketNode } from "../life.ts";
import type { FailureRow } from "../outcomes.ts";

/** The limit of targets that a listener distinguishes; it has few. */
export const MOST_TARGETS = 16;
/** The time after which it is known whether a target that has ended its direction continues reading. */
const READS_ON_MS = 500;
/** A target that keeps a silent connection for this time does not end all immediately. */
const HOLD_MS = 700;

/** A target that may end all connections immediately. */
interface Hasty {
  /** The timer of the decision to probe it. */
  readonly timer: Timer;
  /** The probe. */
  probe: TargetProbe | null;
  /** Present once this is known. */
  row: FailureRow | null;
}

/** The targets of one listener that may end all connections immediately, by address. */
export class HastyTargets {
  readonly #host: SocketNode;
  readonly #changed: () => void;
  readonly #targets = new Map<string, Hasty>();

  /** @param changed is called when the failing ones change */
  constructor(host: SocketNode, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
  }

  /** True while there is any. */
  get hasDoubts(): boolean {
    return this.#targets.size > 0;
  }

  /** Those that are known to end all connections, with the reason. */
  *failures(): Iterable<readonly [address: string, row: FailureRow]> {
    for (const [address, { row }] of this.#targets) if (row !== null) yield [address, row];
  }

  /**
   * A target has ended a young connection first, and without a byte. It is probed whether it does so with all, unless
   * it has ended only its own direction.
   *
   * @param readsOn true if it has accepted data after that
   */
  endedUnheard(address: string, readsOn: () => boolean): void {
    const known = this.#targets.get(address);
    if (known !== undefined) {
      if (known.row !== null) known.row = { ...known.row, count: known.row.count + 1 };
      return;
    }
    if (this.#targets.size >= MOST_TARGETS) return;
    const timer = this.#host.graph.clock.after(READS_ON_MS, () => {
      if (readsOn()) this.#targets.delete(address);
      else this.#ask(address);
    });
    this.#targets.set(address, { timer, probe: null, row: null });
  }

  /** A target has served a client, so it does not end all connections. */
  endedHeard(address: string): void {
    const known = this.#targets.get(address);
    if (known === undefined) return;
    stop(known);
    this.#targets.delete(address);
    this.#changed();
  }

  /** Removes all of them. */
  clear(): void {
    for (const target of this.#targets.values()) stop(target);
    this.#targets.clear();
  }

  #ask(address: string): void {
    const target = this.#targets.get(address);
    if (target === undefined) return;
    const { runtime, graph: { clock }, node } = this.#host;
    const up = (): boolean => {
      this.#targets.delete(address);
      this.#changed();
      return true;
    };
    const down = ({ code }: NetgraphError): void => {
      const why = code === "ECONNRESET" ? "the target ends connections at once" : errorText(code);
      const { count, since } = target.row ?? { count: 1, since: clock.wall() };
      target.row = { code, message: `${address}: ${why}`, count, since };
      this.#changed();
    };
    const asked = parseText(targetAddress, address);
    target.probe = new TargetProbe({ runtime, clock, address: asked, node, up, down, holdMs: HOLD_MS, pauseMs: 0 });
  }
}

function stop({ timer, probe }: Hasty): void {
  timer.cancel();
  probe?.stop();
}
