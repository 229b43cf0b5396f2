/**
 * `init`: a first topology to change.
 *
 * @module
 */

import { starterFile } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  file: starterFile(),
});

/** `init [FILE|NAME]` */
export type InitInvocation = Given<"init", typeof options>;

/** The verb `init`. */
export const INIT: Verb = verb({
  name: "init",
  summary: "Write an example topology",
  usage: "[OPTION…] [FILE|NAME]",
  description: "Write a small topology with comments, an echo server, to NAME.yaml. Never overwrites a file.",
  examples: [["sockgraph init web", "then: sockgraph apply web.yaml"]],
  meaning: "write an example topology with comments: `init web` writes `web.yaml`; never overwrites a file",
  synonyms: ["new"],
  permissions: { env: true, read: true, write: true },
  options,
  run: async (invocation, context) => await (await import("./init/run.ts")).init(invocation, context),
});
