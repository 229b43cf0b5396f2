/**
 * `resume`: resumes reconciliation.
 *
 * @module
 */

import { control, oneName } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { oneTopology } from "../one_topology.ts";

const options = () => ({
  name: oneName(),
  control: control(),
});

/** `resume [NAME]` */
export type ResumeInvocation = Given<"resume", typeof options>;

/** The verb `resume`. */
export const RESUME: Verb = verb({
  name: "resume",
  summary: "Resume reconciliation",
  usage: "[OPTION…] [NAME]",
  description: "Resume the reconciliation of a topology, and repair the failures since it was suspended.",
  examples: [["sockgraph resume web", "after suspend"]],
  meaning: "resume repairing one topology and applying changes of its source",
  permissions: CLIENT,
  options,
  run: resume,
});

/** Resumes. Doing it twice changes nothing. */
async function resume(
  invocation: ResumeInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    await engine.ask(TOPOLOGY.resume, { name });
    output.result(`${name}: resumed`);
  });
  return EXIT.done;
}
