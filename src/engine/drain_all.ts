/**
 * Draining in several threads: all of them drain, and their results are added up.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { addDrainResults, drainCommands, NOTHING_DRAINED } from "../graph/core/drain.ts";
import type { Reply } from "../graph/core/message.ts";

const { reply: drainReply } = drainCommands({ drain: 0, undrain: 0 }).drain;

/** The reply of the first thread with the results of the others. */
export function addDrainReplies(first: Reply, ...others: readonly Reply[]): Reply {
  if (drainReply === null || first.text === null) return first;
  let sum = NOTHING_DRAINED;
  for (const { text } of [first, ...others]) {
    if (text === null) continue;
    sum = addDrainResults(sum, parseText(drainReply, text));
  }
  return { ...first, value: sum, text: drainReply.format(sum) };
}
