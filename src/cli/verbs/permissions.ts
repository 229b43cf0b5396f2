/**
 * `permissions`: the flags of Deno that an engine needs to run topologies, and no others.
 *
 * @module
 */

import { accessLog, checkOptions, type Choices, control, http } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  ...checkOptions(choices),
  accessLog: accessLog("The file of --access-log of the engine"),
  http: http("The address of --http of the engine"),
  control: control(),
});

/** `permissions SOURCE…` */
export type PermissionsInvocation = Given<"permissions", typeof options>;

/** The verb `permissions`. */
export const PERMISSIONS: Verb = verb({
  name: "permissions",
  summary: "Print the Deno permissions that topologies need",
  usage: "[OPTION…] SOURCE…",
  description: "Print the --allow flags that an engine on Deno needs for these topologies, with hosts, ports, paths " +
    "and variables by name. What cannot be known beforehand is listed on standard error.",
  examples: [
    ["sockgraph permissions web.yaml", "for your own task or systemd unit"],
    ["sockgraph permissions --access-log access.log --http 127.0.0.1:9107 web.yaml", "an engine with these options"],
    ["sockgraph permissions --runtime posix web.yaml", "with the posix runtime"],
  ],
  meaning: "print the `--allow` flags of Deno that topologies need, by name: see [docs/security.md](docs/security.md)",
  permissions: { env: true, read: true, sys: ["uid"] },
  options,
  run: async (invocation, context) => await (await import("./permissions/run.ts")).permissions(invocation, context),
});
