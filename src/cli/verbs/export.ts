/**
 * `export`: what runs, as a topology that `apply` accepts, or as a script that builds it on FreeBSD.
 *
 * @module
 */

import { choiceOption } from "../args/options.ts";
import { control, nameOf, nullable, orDefault } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  name: nullable(nameOf("A topology", "topologies"), "all of them"),
  format: orDefault(
    choiceOption("--format", {
      metavar: "FORMAT",
      words: ["yaml", "ngctl"],
      description: "A topology (yaml), or the script that builds it on FreeBSD (ngctl)",
    }),
    "yaml",
  ),
  control: control(),
});

/** `export [NAME]` */
export type ExportInvocation = Given<"export", typeof options>;

/** The verb `export`. */
export const EXPORT: Verb = verb({
  name: "export",
  summary: "Print the running graph as a topology",
  usage: "[OPTION…] [NAME]",
  description:
    "Print what runs as topologies that apply accepts; several are printed as documents of one YAML stream. The nodes of " +
    "each are printed one by one, because manual changes may have made them different. With " +
    "--format ngctl, print a script for ngctl(8), with comments for everything that FreeBSD does not have.",
  examples: [
    ["sockgraph export web > web.yaml", "save what runs"],
    ["sockgraph export --format ngctl web > web.ng", "build it on FreeBSD: ngctl -f web.ng"],
  ],
  meaning:
    "print the observed state as topologies; `--format ngctl`: as a script for FreeBSD, see [docs/freebsd.md](docs/freebsd.md)",
  synonyms: ["dump"],
  permissions: CLIENT,
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./export/run.ts")).exportTopology(invocation, context),
});
