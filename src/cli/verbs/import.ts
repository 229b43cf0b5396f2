/**
 * `import`: a topology from a file of another tool.
 *
 * @module
 */

import { choiceOption, flag } from "../args/options.ts";
import { type Choices, desired, nullable, OWN_RUNTIME, runtime } from "../args/parts.ts";
import { type Given, type Verb, verb } from "../verb.ts";
import { FORMAT_NAMES, IMPORT_FORMATS, orList } from "./import/format.ts";

const WHAT = orList(FORMAT_NAMES.map((name) => IMPORT_FORMATS[name]));

const options = (choices: Choices) => ({
  file: desired("FILE", `A file: ${WHAT}; - is standard input`),
  from: nullable(
    choiceOption("--from", {
      metavar: "FORMAT",
      words: FORMAT_NAMES,
      description: `The format of the file: ${orList(FORMAT_NAMES)}`,
    }),
    "detected from the content",
  ),
  check: flag("--check", "Also validate the topology for the socket runtime, and exit with 65 if it is not valid"),
  runtime: runtime(choices, OWN_RUNTIME),
});

/** `import FILE` */
export type ImportInvocation = Given<"import", typeof options>;

/** The verb `import`. */
export const IMPORT: Verb = verb({
  name: "import",
  summary: "Convert a file of another tool to a topology",
  usage: "[OPTION…] FILE",
  description: `Convert ${WHAT} to a topology, and print it. What is left out or behaves differently is listed in ` +
    "comments and on standard error, with its line. Exits with 65 if the file cannot be parsed or has an unknown keyword.",
  examples: [
    ["sockgraph import /etc/nginx/nginx.conf > web.yaml", "then: sockgraph validate web.yaml"],
    ["sockgraph import --check --runtime posix haproxy.cfg > web.yaml", "with a check for the runtime posix"],
    ["sockgraph import --from socat - < start.sh", "socat command lines from standard input"],
  ],
  meaning: `convert a file of ${
    orList(FORMAT_NAMES)
  } to a topology, with notes on differences; \`--from\`, \`--check\`. See [docs/import.md](docs/import.md)`,
  permissions: { env: true, read: true, sys: ["networkInterfaces"] },
  options,
  run: async (invocation, context) => await (await import("./import/run.ts")).importFile(invocation, context),
});
