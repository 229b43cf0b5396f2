/**
 * `completions`: what makes a shell complete.
 *
 * @module
 */

import type { CommandContext } from "../command.ts";
import { SCRIPTS } from "./completions/scripts.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { CompletionsInvocation } from "../invocation.ts";

/** Prints the shell's script. */
export function completions({ shell }: CompletionsInvocation, { output }: CommandContext): ExitCode {
  output.result(SCRIPTS[shell]);
  return EXIT.done;
}
