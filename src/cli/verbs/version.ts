/**
 * `version`: which sockgraph this is, and what runs it.
 *
 * @module
 */

import { BUILD, VERSION } from "../../version.ts";
import type { CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { VersionInvocation } from "../invocation.ts";

/** How much of a commit people read. */
const COMMIT_LENGTH = 12;

/** Prints the version. */
export function version({ format }: VersionInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { name, version } = runtime.host;
  if (format === "json") {
    const host = { name, version, system: runtime.rights.system };
    output.resultJson({ formatVersion: 1, version: VERSION, host, build: BUILD });
  } else {
    const built = BUILD === null ? "" : `, built from ${shortCommit(BUILD.commit)} of ${BUILD.date.slice(0, 10)}`;
    output.result(`sockgraph ${VERSION} (${name} ${version}${built})`);
  }
  return Promise.resolve(EXIT.done);
}

function shortCommit(commit: string): string {
  const [id = "", ...marks] = commit.split("-");
  return [id.slice(0, COMMIT_LENGTH), ...marks].join("-");
}
