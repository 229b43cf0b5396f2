/**
 * `history`: the generations of a topology.
 *
 * @module
 */

import { control, format, oneName } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  name: oneName(),
  format: format(["table", "json", "yaml"]),
  control: control(),
});

/** `history [NAME]` */
export type HistoryInvocation = Given<"history", typeof options>;

/** The verb `history`. */
export const HISTORY: Verb = verb({
  name: "history",
  summary: "Show the generations of a topology",
  usage: "[OPTION…] [NAME]",
  description: "Show the last 16 generations of a topology: when each was applied, and from which source. The name " +
    "may be omitted if only one topology runs.",
  examples: [["sockgraph history web", "the generations to which rollback can return"]],
  meaning: "show the generations of a topology, with time and source; `-o json`",
  permissions: CLIENT,
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./history/run.ts")).history(invocation, context),
});
