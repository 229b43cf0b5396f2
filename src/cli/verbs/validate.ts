/**
 * `validate`: what is wrong with topologies, without opening anything.
 *
 * @module
 */

import { checkOptions, type Choices } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  ...checkOptions(choices),
});

/** `validate SOURCE…` */
export type ValidateInvocation = Given<"validate", typeof options>;

/** The verb `validate`. */
export const VALIDATE: Verb = verb({
  name: "validate",
  summary: "Check topologies without opening sockets",
  usage: "[OPTION…] SOURCE…",
  description: "Check topologies and show all problems with file, line and column. Opens no socket.",
  examples: [["sockgraph validate topologies/", "check all files of a folder"]],
  meaning: "check files without opening sockets",
  synonyms: ["check", "lint", "test"],
  permissions: { env: true, read: true, sys: ["networkInterfaces"] },
  options,
  run: async (invocation, context) => await (await import("./validate/run.ts")).validate(invocation, context),
});
