/**
 * `import`: a topology from a file of another tool.
 *
 * @module
 */

import { choiceOption } from "../args/options.ts";
import { type Choices, desired, nullable, runtime } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  file: desired("FILE", "A script of ngctl, lines of socat, or rinetd.conf; - is standard input"),
  from: nullable(
    choiceOption("--from", {
      metavar: "FORMAT",
      words: ["ngctl", "socat", "rinetd"],
      description: "The format of the file: ngctl, socat or rinetd",
    }),
    "detected from the content",
  ),
  runtime: runtime(choices),
});

/** `import FILE` */
export type ImportInvocation = Given<"import", typeof options>;

/** The verb `import`. */
export const IMPORT: Verb = verb({
  name: "import",
  summary: "Convert a file of another tool to a topology",
  usage: "[OPTION…] FILE",
  description: "Convert an ngctl script, socat command lines or a rinetd.conf to a topology, and print it. What is " +
    "left out or behaves differently is listed in comments and on standard error. Exits with 65 if the file cannot be " +
    "parsed.",
  examples: [
    ["sockgraph import /etc/rinetd.conf > web.yaml", "then: sockgraph validate web.yaml"],
    ["sockgraph import --from socat - < start.sh", "socat command lines from standard input"],
  ],
  meaning:
    "convert an ngctl script, socat command lines or rinetd.conf to a topology, with notes on differences; `--from`. See [docs/freebsd.md](docs/freebsd.md)",
  permissions: { env: true, read: true },
  options,
  run: async (invocation, context) => await (await import("./import/run.ts")).importFile(invocation, context),
});
