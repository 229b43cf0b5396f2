/**
 * `version`: which sockgraph this is, and what runs it.
 *
 * @module
 */

import { format } from "../args/parts.ts";
import { type Given, NO_FILES, type Verb, verb } from "../verb.ts";
import { BUILD, VERSION as OURS } from "../../version.ts";
import type { CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

const options = () => ({
  format: format(["text", "json"]),
});

/** `version` */
export type VersionInvocation = Given<"version", typeof options>;

/** The verb `version`. */
export const VERSION: Verb = verb({
  name: "version",
  summary: "Print the version",
  usage: "[OPTION…]",
  description: "Print the version of sockgraph and of the JavaScript runtime.",
  examples: [
    ["sockgraph version", "such as sockgraph 0.1.0 (deno 2.9.6)"],
    ["sockgraph version -o json", "for programs, with commit and date of a single binary"],
  ],
  meaning: "print the version",
  permissions: NO_FILES,
  options,
  run: version,
});

/** The printed length of a commit. */
const COMMIT_LENGTH = 12;

/** Prints the version. */
function version({ format }: VersionInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { name, version } = runtime.host;
  if (format === "json") {
    const host = { name, version, system: runtime.rights.system };
    output.resultJson({ formatVersion: 1, version: OURS, host, build: BUILD });
  } else {
    const built = BUILD === null ? "" : `, built from ${shortCommit(BUILD.commit)} of ${BUILD.date.slice(0, 10)}`;
    output.result(`sockgraph ${OURS} (${name} ${version}${built})`);
  }
  return Promise.resolve(EXIT.done);
}

function shortCommit(commit: string): string {
  const [id = "", ...marks] = commit.split("-");
  return [id.slice(0, COMMIT_LENGTH), ...marks].join("-");
}
