/**
 * `rollback`: back to an earlier generation.
 *
 * @module
 */

import { NOT_READY } from "../exit_code.ts";
import { generationArgument } from "../args/options.ts";
import { changeOptions, GENERATION, nullable, oneName } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  name: oneName(),
  generation: nullable(generationArgument("A generation that history shows"), "the previous one"),
  ...changeOptions(),
});

/** `rollback [NAME] [GENERATION]` */
export type RollbackInvocation = Given<"rollback", typeof options>;

/** The verb `rollback`. */
export const ROLLBACK: Verb = verb({
  name: "rollback",
  summary: "Roll back to an earlier generation",
  usage: "[OPTION…] [NAME] [GENERATION]",
  description: "Roll back to an earlier generation, or to the previous one if none is given. The result is a new " +
    "generation. Prints the plan. A number as the only argument is a generation. The file is not changed, so status shows the " +
    `topology as Stalled until the next apply. ${NOT_READY.change}`,
  examples: [
    ["sockgraph rollback", "revert the last change"],
    ["sockgraph rollback web 3", "to generation 3 of history"],
  ],
  meaning: "roll back to the previous generation, or to a given one, as a new generation; exits as `apply` does",
  synonyms: ["undo"],
  permissions: CLIENT,
  // A number alone names the generation, but not the topology.
  refine(invocation) {
    const { name, generation } = invocation;
    const isAlone = name !== null && generation === null && GENERATION.test(name);
    return isAlone ? { ...invocation, name: null, generation: Number(name) } : invocation;
  },
  options,
  run: async (invocation, context) => await (await import("./rollback/run.ts")).rollback(invocation, context),
});
