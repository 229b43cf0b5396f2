/**
 * Counts that are read, cleared, or both at once: netgraph's three commands of every node that counts.
 *
 * @module
 */

import type { AsciiType } from "../ascii/type.ts";
import type { Command } from "../graph/core/command.ts";

/** The commands: `A` says which counts, null where there is but one set of them. */
export type StatsCommands<A, R> = {
  readonly getstats: Command<A, R>;
  readonly clrstats: Command<A, null>;
  readonly getclrstats: Command<A, R>;
};

/** What they are about. */
export interface CountedThing<A, R> {
  /** The number of the first one; the others follow. */
  readonly firstId: number;
  /** What is counted: `What passed a link`. */
  readonly passed: string;
  /** Whose counts they are: `a link`; the node's own without it. */
  readonly whose?: string;
  /** What the argument is. */
  readonly argument?: Command<A, R>["argument"];
  /** Which counts; null where there is but one set of them. */
  readonly args: AsciiType<A> | null;
  /** The counts. */
  readonly reply: AsciiType<R>;
}

/** The commands, with the numbers of the type that has them. */
export function statsCommands<A, R>(
  { firstId, passed, whose, argument, args, reply }: CountedThing<A, R>,
): StatsCommands<A, R> {
  const about = argument === undefined ? { args } : { args, argument };
  return {
    getstats: {
      id: firstId,
      summary: passed,
      ...about,
      reply,
      kind: "query",
      cost: "live",
    },
    clrstats: {
      id: firstId + 1,
      summary: whose === undefined ? "Resets the counters" : `Resets the counters of ${whose}`,
      ...about,
      reply: null,
      kind: "action",
      cost: "replace",
    },
    getclrstats: {
      id: firstId + 2,
      summary: `${passed}; resets the counters`,
      ...about,
      reply,
      kind: "action",
      cost: "replace",
    },
  };
}

/** Who answers them, by what reads the counts and what begins them anew. */
export interface StatsHandlers<A, R> {
  getstats(which: A): R;
  clrstats(which: A): null;
  getclrstats(which: A): R;
}

/** What answers them. */
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
