/**
 * `completions`: what makes a shell complete.
 *
 * @module
 */

import { choiceArgument } from "../args/options.ts";
import { type Given, NO_FILES, type Verb, verb } from "../verb.ts";
import type { CommandContext } from "../command.ts";
import { SCRIPTS, SHELLS } from "./completions/scripts.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

const options = () => ({
  shell: choiceArgument("SHELL", SHELLS, "bash, zsh or fish"),
});

/** `completions SHELL` */
export type CompletionsInvocation = Given<"completions", typeof options>;

/** The verb `completions`. */
export const COMPLETIONS: Verb = verb({
  name: "completions",
  summary: "Print a shell completion script",
  usage: "[OPTION…] SHELL",
  description:
    "Print a completion script for bash, zsh or fish. It completes commands, options, values, files and the " +
    "names of running topologies and nodes. The script calls the program at every Tab, so it is always up to date.",
  examples: [
    ['eval "$(sockgraph completions bash)"', "in ~/.bashrc; for zsh after compinit in ~/.zshrc"],
    ["sockgraph completions fish > ~/.config/fish/completions/sockgraph.fish", "for fish, once"],
  ],
  meaning: "print the completion script for bash, zsh or fish",
  permissions: NO_FILES,
  options,
  run: completions,
});

/** Prints the shell's script. */
function completions({ shell }: CompletionsInvocation, { output }: CommandContext): Promise<ExitCode> {
  output.result(SCRIPTS[shell]);
  return Promise.resolve(EXIT.done);
}
