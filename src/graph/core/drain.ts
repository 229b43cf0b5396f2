/**
 * Draining: a listener accepts no new connections, and open ones are closed within a time limit, spread over its second half, so that the
 * clients do not reconnect to another server at the same moment.
 *
 * For the first half of the time connections end on their own; over the second half the open ones are closed, one after
 * the other. With a generation, only connections that started under it are ended, and new ones are accepted as before.
 * A second drain takes over its own connections; `undrain` stops all drains.
 *
 * @module
 */

import { duration } from "../../ascii/duration.ts";
import { uint32 } from "../../ascii/scalar.ts";
import { optional, required, struct, withInitial } from "../../ascii/struct.ts";
import type { Command } from "./command.ts";

/** The argument of `drain`. */
export interface DrainOrder {
  /** Its time limit, in milliseconds. */
  readonly timeout: number;
  /** Only connections that started under this generation. */
  readonly generation?: number;
}

/** The reply of `drain`, at its end. */
export interface DrainResult {
  /** Connections that ended on their own. */
  readonly ended: number;
  /** Connections that were closed. */
  readonly closed: number;
  /** Connections that stay open, because the drain was stopped; absent if there are none. */
  readonly remaining?: number;
}

/** Two results as one. */
export function addDrainResults(a: DrainResult, b: DrainResult): DrainResult {
  const remaining = (a.remaining ?? 0) + (b.remaining ?? 0);
  return { ended: a.ended + b.ended, closed: a.closed + b.closed, ...(remaining === 0 ? {} : { remaining }) };
}

/** The commands of nodes that can be drained. */
export type DrainCommands = {
  readonly drain: Command<DrainOrder, DrainResult>;
  readonly undrain: Command<null, null>;
};

/** The default time limit of a drain. */
export const DEFAULT_DRAIN_MS = 10_000;
/** There was nothing to drain. */
export const NOTHING_DRAINED: DrainResult = { ended: 0, closed: 0 };

const ACTION = { kind: "action", cost: "live", imperativeOnly: true } as const;

/** The commands, with the numbers of the type that has them. */
export function drainCommands(ids: { readonly drain: number; readonly undrain: number }): DrainCommands {
  return {
    drain: {
      ...ACTION,
      id: ids.drain,
      summary: "Stops accepting connections; closes open ones within the timeout",
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
