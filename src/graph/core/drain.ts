/**
 * Draining: a listener takes no new connections, and those that live end by a deadline, spread out, so that whoever was
 * connected does not come back all at once elsewhere.
 *
 * For the first half of the time connections end by themselves; over the second half those that are left are closed,
 * one after the other. With a generation only connections that began under it are ended, and new ones are taken as
 * before. A second drain takes over those it is about; `undrain` ends all of it.
 *
 * @module
 */

import { duration } from "../../ascii/duration.ts";
import { uint32 } from "../../ascii/scalar.ts";
import { optional, required, struct, withInitial } from "../../ascii/struct.ts";
import type { Command } from "./command.ts";

/** What `drain` takes. */
export interface DrainOrder {
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** Only connections that began under this generation. */
  readonly generation?: number;
}

/** What `drain` answers, once it is over. */
export interface DrainResult {
  /** Connections that ended by themselves. */
  readonly ended: number;
  /** Connections that were closed. */
  readonly closed: number;
  /** Connections that go on, because the drain was stopped; absent where none do. */
  readonly remaining?: number;
}

/** Two results in one. */
export function addDrainResults(a: DrainResult, b: DrainResult): DrainResult {
  const remaining = (a.remaining ?? 0) + (b.remaining ?? 0);
  return { ended: a.ended + b.ended, closed: a.closed + b.closed, ...(remaining === 0 ? {} : { remaining }) };
}

/** The commands of whoever can be drained. */
export type DrainCommands = {
  readonly drain: Command<DrainOrder, DrainResult>;
  readonly undrain: Command<null, null>;
};

/** How long a drain takes where nobody says. */
export const DEFAULT_DRAIN_MS = 10_000;
/** Nothing was there to be drained. */
export const NOTHING_DRAINED: DrainResult = { ended: 0, closed: 0 };

const ACTION = { kind: "action", cost: "live", imperativeOnly: true } as const;

/** The commands, with the numbers of the type that has them. */
export function drainCommands(ids: { readonly drain: number; readonly undrain: number }): DrainCommands {
  return {
    drain: {
      ...ACTION,
      id: ids.drain,
      summary: "Accepts no new connections and ends open ones, spread over the time",
      args: struct({
        timeout: withInitial(duration, DEFAULT_DRAIN_MS, "How long open connections may last"),
        generation: optional(uint32, "Only connections that began under this generation; new ones are accepted", {
          defaultNote: "all",
        }),
      }),
      argsOptional: true,
      reply: struct({ ended: required(uint32), closed: required(uint32), remaining: optional(uint32) }),
    },
    undrain: { ...ACTION, id: ids.undrain, summary: "Accepts connections again", args: null, reply: null },
  };
}
