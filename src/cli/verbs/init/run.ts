/**
 * `init`: a first topology to change.
 *
 * @module
 */

import { resolvePath } from "../../../sources/path.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { starterFor } from "./starter.ts";
import type { InitInvocation } from "../init.ts";
import { baseDirectory } from "../../paths.ts";

/** Writes the starter; never overwrites a file. */
export async function init({ file: word }: InitInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const starter = starterFor(word);
  if ("problem" in starter) throw new CommandFailure(EXIT.usage, starter.problem);
  const path = resolvePath(baseDirectory(runtime.process), starter.file);
  if (await runtime.files.stat(path) !== null) {
    throw new CommandFailure(EXIT.failed, `"${starter.file}" already exists: use another name`);
  }
  await runtime.files.write(path, starter.text, { mode: 0o644 });
  output.result(starter.file);
  output.note(`File written: edit it, then "sockgraph validate ${starter.file}" and "sockgraph apply ${starter.file}"`);
  return EXIT.done;
}
