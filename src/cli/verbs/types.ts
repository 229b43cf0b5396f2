/**
 * `types`: the node types, or one of them in full.
 *
 * @module
 */

import { nameOf, nullable } from "../args/parts.ts";
import { type Given, NO_FILES, type Verb, verb } from "../verb.ts";

const options = () => ({
  name: nullable(nameOf("A node type", "types"), "a list of them"),
});

/** `types [NAME]` */
export type TypesInvocation = Given<"types", typeof options>;

/** The verb `types`. */
export const TYPES: Verb = verb({
  name: "types",
  summary: "Show the node types",
  usage: "[OPTION…] [NAME]",
  description: "Show the node types, or the hooks, messages and defaults of one type.",
  examples: [
    ["sockgraph types", "all types"],
    ["sockgraph types ksocket", "one type in full"],
  ],
  meaning: "show the node types, or one with all its messages, fields, units and defaults",
  permissions: NO_FILES,
  options,
  run: async (invocation, context) => await (await import("./types/run.ts")).types(invocation, context),
});
