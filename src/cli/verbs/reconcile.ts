/**
 * `reconcile`: reads the source, reverts manual changes and retries now.
 *
 * @module
 */

import { changeOptions, oneName } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  name: oneName(),
  ...changeOptions(),
});

/** `reconcile [NAME]` */
export type ReconcileInvocation = Given<"reconcile", typeof options>;

/** The verb `reconcile`. */
export const RECONCILE: Verb = verb({
  name: "reconcile",
  summary: "Revert manual changes and retry now",
  usage: "[OPTION…] [NAME]",
  description:
    "Read the followed source now, retry a failed generation, revert manual changes, and retry failed nodes " +
    "now, including those whose retries have stopped. Exits with the same codes as apply.",
  examples: [
    ["sockgraph reconcile web", "after OutOfSync, after an outage of the target, or to fetch --git now"],
  ],
  meaning: "read the followed source, revert manual changes, and retry failed changes and nodes now",
  synonyms: ["reload"],
  permissions: CLIENT,
  options,
  run: async (invocation, context) => await (await import("./reconcile/run.ts")).reconcile(invocation, context),
});
