/**
 * `render`: what topologies are once everything in them is expanded.
 *
 * @module
 */

import { type Choices, parameters, runtime, sources } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  sources: sources(),
  ...parameters(),
  runtime: runtime(choices),
});

/** `render SOURCE…` */
export type RenderInvocation = Given<"render", typeof options>;

/** The verb `render`. */
export const RENDER: Verb = verb({
  name: "render",
  summary: "Print topologies with everything expanded",
  usage: "[OPTION…] SOURCE…",
  description:
    "Print topologies in canonical YAML, which apply accepts: with the nodes of each, the values of parameters and " +
    "environment variables, the templates of included files, and absolute paths. Opens no socket.",
  examples: [
    ["sockgraph render topologies/port-range.yaml", "see all nodes"],
    ["sockgraph render web.yaml --set port=9000 > web-9000.yaml", "a file without parameters"],
  ],
  meaning: "print topologies in canonical YAML, with `each`, parameters and included files expanded",
  synonyms: ["expand", "template", "compile", "convert"],
  permissions: { env: true, read: true, sys: ["networkInterfaces"] },
  options,
  run: async (invocation, context) => await (await import("./render/run.ts")).render(invocation, context),
});
