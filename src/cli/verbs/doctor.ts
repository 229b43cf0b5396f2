/**
 * `doctor`: checks this machine and reports problems.
 *
 * @module
 */

import { checkOptions, type Choices, control } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  ...checkOptions(choices),
  control: control(),
});

/** `doctor [SOURCE…]` */
export type DoctorInvocation = Given<"doctor", typeof options>;

/** The verb `doctor`. */
export const DOCTOR: Verb = verb({
  name: "doctor",
  summary: "Check this machine and report problems",
  usage: "[OPTION…] [SOURCE…]",
  description:
    "Check this machine: what each socket runtime can do, which process uses the control socket, and on which " +
    "runtimes the given topologies work. Changes nothing. Exits with 1 if there is a problem, with 65 if a topology " +
    "is invalid.",
  examples: [
    ["sockgraph doctor", "this machine"],
    ["sockgraph doctor topologies/", "also on which runtimes these topologies work"],
  ],
  meaning: "check what this machine and its runtimes support, and topology files",
  permissions: { ...CLIENT, run: ["cat", "ls"] },
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./doctor/run.ts")).doctor(invocation, context),
});
