/**
 * The folder of an engine's last good generations.
 *
 * @module
 */

import { resolvePath } from "../../../sources/path.ts";
import type { CommandContext } from "../../command.ts";
import type { ApplyInvocation } from "../apply.ts";
import { baseDirectory } from "../../paths.ts";

/** The folder of last good generations; empty without the option. */
export function keptIn(
  { state }: ApplyInvocation,
  { runtime }: Pick<CommandContext, "runtime">,
): { readonly stateFolder?: string } {
  return state === null ? {} : { stateFolder: resolvePath(baseDirectory(runtime.process), state) };
}
