/**
 * `version`: which sockgraph this is, and what runs it.
 *
 * @module
 */

import { VERSION } from "../../version.ts";
import type { CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { VersionInvocation } from "../invocation.ts";

/** Prints the version. */
export function version(_invocation: VersionInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  output.result(`sockgraph ${VERSION} (${runtime.host.name} ${runtime.host.version})`);
  return Promise.resolve(EXIT.done);
}
