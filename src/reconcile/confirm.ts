/**
 * Generations that are undone unless somebody confirms them in time: whoever cuts himself off by a change gets back in.
 *
 * While one awaits its confirmation, no other change is let in that does not await one too: it would either make what
 * nobody confirmed last, or be undone together with it. A change that does begins the time anew, and undoing still leads
 * to what was confirmed last.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { ApplyResult } from "./apply.ts";
import { retryDelayMs } from "./backoff.ts";
import type { Confirmation } from "./confirmation.ts";
import type { Wish } from "./wish.ts";
import type { ReconcileEvent, ReconcileOptions } from "./reconcile_options.ts";
import type { Topology } from "./topology.ts";

/** What is needed of the loop. */
export interface ConfirmerHost {
  /** Something that status tells has changed. */
  changed(): void;
  /** Runs a task when nothing else is under way in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Makes a topology so, being the only one to change it. */
  change(topology: Topology, wish: Wish): Promise<ApplyResult>;
  /** Stops a topology, being the only one to change it. */
  down(topology: Topology): Promise<void>;
}

/** What is needed besides. */
interface ConfirmerOptions {
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly onEvent?: (event: ReconcileEvent) => void;
}

/** Looks after what awaits its confirmation. */
export class Confirmer {
  readonly #options: ConfirmerOptions;
  readonly #host: ConfirmerHost;
  readonly #timers = new Map<Topology, Timer>();

  constructor(options: ConfirmerOptions, host: ConfirmerHost) {
    this.#options = options;
    this.#host = host;
  }

  /**
   * Lets a change in, or not.
   *
   * @throws NetgraphError EBUSY while another one awaits its confirmation
   */
  admit(topology: Topology, { confirmMs, unconfirmed = "refuse" }: ReconcileOptions): void {
    const { awaiting, name } = topology;
    if (awaiting === null || confirmMs !== undefined || unconfirmed !== "refuse") return;
    const message = `Generation ${topology.generation} of "${name}" awaits its confirmation until ` +
      `${awaiting.until.toISOString()}: confirm it, or go back by rollback`;
    throw new NetgraphError("EBUSY", message);
  }

  /** Notes how a change went that was let in; `former` is what was wanted before. */
  note(topology: Topology, result: ApplyResult, about: { former: Wish | null; options: ReconcileOptions }): void {
    if (result.kind !== "applied" && result.kind !== "unchanged") return;
    const { confirmMs, unconfirmed } = about.options;
    if (unconfirmed === "clear") return this.clear(topology);
    const known = topology.awaiting;
    // What changed nothing needs no confirmation, but may lengthen the time for what does.
    if (confirmMs === undefined || (result.kind === "unchanged" && known === null)) return;
    this.clear(topology);
    const until = new Date(this.#options.clock.wall().getTime() + confirmMs);
    const awaiting: Confirmation = { until, former: known === null ? about.former : known.former };
    topology.awaiting = awaiting;
    this.#undoAfter(confirmMs, topology, { awaiting, attempt: 0 });
    const { generation, name } = topology;
    const event = { kind: "awaiting-confirmation", topology: name, generation, until: until.toISOString() } as const;
    this.#options.onEvent?.(event);
  }

  /**
   * Makes what awaits its confirmation last.
   *
   * @returns its generation
   * @throws NetgraphError ENOENT when nothing does
   */
  confirm(topology: Topology): number {
    const { awaiting, name, generation } = topology;
    if (awaiting === null) throw new NetgraphError("ENOENT", `Nothing of "${name}" awaits a confirmation`);
    this.clear(topology);
    this.#options.onEvent?.({ kind: "confirmed", topology: name, generation });
    this.#host.changed();
    return generation;
  }

  /** Forgets that something awaits its confirmation. */
  clear(topology: Topology): void {
    topology.awaiting = null;
    this.#timers.get(topology)?.cancel();
    this.#timers.delete(topology);
  }

  #undoAfter(ms: number, topology: Topology, about: Attempt): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(topology);
      this.#host.run(topology, async () => {
        // It may have been confirmed while another task was under way.
        if (topology.awaiting === about.awaiting) await this.#undo(topology, about);
      });
    });
    this.#timers.set(topology, timer);
  }

  async #undo(topology: Topology, { awaiting, attempt }: Attempt): Promise<void> {
    const { name, generation } = topology;
    const tell = (result: ApplyResult["kind"] | "down") => {
      this.#options.onEvent?.({ kind: "unconfirmed", topology: name, generation, result });
    };
    const { former } = awaiting;
    if (former === null) {
      await this.#host.down(topology);
      return tell("down");
    }
    const result = await this.#host.change(topology, former);
    const said = `Generation ${generation} was not confirmed in time`;
    if (result.kind === "applied" || result.kind === "unchanged") {
      topology.awaiting = null;
      topology.trouble = { reason: "NotConfirmed", message: `${said}; what was wanted before is wanted again` };
    } else {
      // What nobody confirmed must not stay because going back failed once.
      const delayMs = retryDelayMs(attempt, this.#options.random());
      const message = `${said}, and going back failed: ${result.error.message}; it is tried again`;
      topology.trouble = { reason: "GoingBackFailed", message };
      this.#undoAfter(delayMs, topology, { awaiting, attempt: attempt + 1 });
    }
    tell(result.kind);
    this.#host.changed();
  }
}

interface Attempt {
  readonly awaiting: Confirmation;
  readonly attempt: number;
}

/** What is wanted of a topology as long as nothing changes it: where undoing a change that nobody confirms leads. */
export function confirmedWish(topology: Topology): Wish | null {
  const { history, generation, wanted, source } = topology;
  if (history.at(-1)?.generation === generation && history.at(-1)?.result !== "failed") return { wanted, source };
  const good = history.findLast((entry) => entry.result !== "failed");
  return good === undefined ? null : { wanted: good.state, source: good.source };
}
