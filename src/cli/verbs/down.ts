/**
 * `down`: stop topologies by what runs, not by a file.
 *
 * @module
 */

import { control, drainFor, names } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  names: names(),
  drainMs: drainFor("Wait for connections to end first"),
  control: control(),
});

/** `down [NAME…]` */
export type DownInvocation = Given<"down", typeof options>;

/** The verb `down`. */
export const DOWN: Verb = verb({
  name: "down",
  summary: "Stop topologies",
  usage: "[OPTION…] [NAME…]",
  description: "Stop topologies by name; without a name, all of them. If all are stopped and the engine runs in the " +
    "background, the engine exits too; an engine in the foreground keeps running.",
  examples: [
    ["sockgraph down web", "stop one topology"],
    ["sockgraph down", "stop all"],
    ["sockgraph down --drain 10s web", "wait up to ten seconds for its connections to end"],
  ],
  meaning: "stop topologies by name, or all; `--drain 10s` lets their connections end first",
  synonyms: ["stop", "delete", "remove", "rm", "kill", "destroy"],
  permissions: CLIENT,
  options,
  run: async (invocation, context) => await (await import("./down/run.ts")).down(invocation, context),
});
