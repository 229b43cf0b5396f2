/**
 * Counts that are read, cleared, or both at once: netgraph's three commands of every node with counts.
 *
 * @module
 */

import type { AsciiType } from "../ascii/type.ts";
import type { Command } from "../graph/core/command.ts";

/** The commands: `A` selects the counts, null if there is only one set. */
export type StatsCommands<A, R> = {
  readonly getstats: Command<A, R>;
  readonly clrstats: Command<A, null>;
  readonly getclrstats: Command<A, R>;
};

/** The subject of the counts. */
export interface CountedThing<A, R> {
  /** The ID of the first command; the others follow. */
  readonly firstId: number;
  /** The owner of the counts: `a link`; absent for the node itself. */
  readonly whose?: string;
  /** The meaning of the argument. */
  readonly argument?: Command<A, R>["argument"];
  /** The selection of counts; null if there is only one set. */
  readonly args: AsciiType<A> | null;
  /** The counts. */
  readonly reply: AsciiType<R>;
}

/** The commands, with the numbers of the type that has them. */
export function statsCommands<A, R>(
  { firstId, whose, argument, args, reply }: CountedThing<A, R>,
): StatsCommands<A, R> {
  const of = whose === undefined ? "" : ` of ${whose}`;
  const about = argument === undefined ? { args } : { args, argument };
  return {
    getstats: {
      id: firstId,
      summary: `The counters${of}`,
      ...about,
      reply,
      kind: "query",
      cost: "live",
    },
    clrstats: {
      id: firstId + 1,
      summary: `Resets the counters${of}`,
      ...about,
      reply: null,
      kind: "action",
      cost: "replace",
    },
    getclrstats: {
      id: firstId + 2,
      summary: `The counters${of}, which are then reset`,
      ...about,
      reply,
      kind: "action",
      cost: "replace",
    },
  };
}

/** The handlers, from functions that read and clear the counts. */
export interface StatsHandlers<A, R> {
  getstats(which: A): R;
  clrstats(which: A): null;
  getclrstats(which: A): R;
}

/** The handlers. */
export function statsHandlers<A, R>(
  { read, clear }: { read(which: A): R; clear(which: A): void },
): StatsHandlers<A, R> {
  return {
    getstats: (which) => read(which),
    clrstats: (which) => {
      clear(which);
      return null;
    },
    getclrstats: (which) => {
      const counts = read(which);
      clear(which);
      return counts;
    },
  };
}
