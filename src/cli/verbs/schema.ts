/**
 * `schema`: JSON Schemas, of topology files for editors, of plans for programs.
 *
 * @module
 */

import { choiceOption } from "../args/options.ts";
import { orDefault } from "../args/parts.ts";
import { type Given, NO_FILES, type Verb, verb } from "../verb.ts";

const options = () => ({
  of: orDefault(
    choiceOption("--of", {
      metavar: "WHAT",
      words: ["topology", "plan", "saved-plan"],
      description: "What the schema describes: topology, plan, saved-plan",
    }),
    "topology",
  ),
});

/** `schema` */
export type SchemaInvocation = Given<"schema", typeof options>;

/** The verb `schema`. */
export const SCHEMA: Verb = verb({
  name: "schema",
  summary: "Print the JSON Schema of topology files",
  usage: "[OPTION…]",
  description:
    "Print the JSON Schema of topology files, for editors, or of the plans that plan -o json prints and --out saves.",
  examples: [
    ["sockgraph schema > topology.schema.json", "then name it in the first line of the file"],
    ["sockgraph schema --of plan", "the schema of plan -o json"],
  ],
  meaning: "print the JSON Schema of topology files",
  permissions: NO_FILES,
  options,
  run: async (invocation, context) => await (await import("./schema/run.ts")).schema(invocation, context),
});
