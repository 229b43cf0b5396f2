/**
 * `ngctl`: a shell for the running graph, like ngctl(8) for the kernel's.
 *
 * @module
 */

import { countedFlag, flag, restArguments, textOption } from "../args/options.ts";
import { control, nullable } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  control: control(),
  file: nullable(
    textOption(["-f", "--file"], { metavar: "FILE", hint: "files", description: "A file of commands to run" }),
    "none; - is standard input",
  ),
  name: nullable(
    textOption(["-n", "--name"], { metavar: "NAME", description: "The name of the session's node" }),
    "ngctl and the process ID",
  ),
  debug: countedFlag("-d", "Show each command before it runs; may be repeated"),
  strict: flag("--strict", "Behave exactly like ngctl(8), with its shorter messages"),
  words: restArguments("COMMAND", "ngctl", "An ngctl command and its arguments"),
});

/** `ngctl [COMMAND [ARG…]]` */
export type NgctlInvocation = Given<"ngctl", typeof options>;

/** The verb `ngctl`. */
export const NGCTL: Verb = verb({
  name: "ngctl",
  summary: "Run ngctl(8) commands on the running graph",
  usage: "[OPTION…] [COMMAND [ARG…]]",
  description:
    "Run one ngctl command, a file of commands, or an interactive session on a terminal. The session has its own " +
    "socket node in the engine's graph. Options come before the command. Exits with 71 if a command fails, " +
    "with 66 if the file cannot be read.",
  examples: [
    ["sockgraph ngctl", "an interactive session; incoming data is shown"],
    ["sockgraph ngctl list", "all nodes, also those that were created manually"],
    ["sockgraph ngctl help", "all commands"],
    ["sockgraph ngctl -f script.ng", "a script; - is standard input"],
  ],
  meaning:
    "the commands of ngctl(8) on the running graph: interactively with history and Tab, as one command, or from `-f FILE`; `--strict`. Exits with 71 when a command fails",
  permissions: CLIENT,
  shielded: ["--control", "-f", "--file", "-n", "--name"],
  options,
  run: async (invocation, context) => await (await import("./ngctl/run.ts")).ngctl(invocation, context),
});
