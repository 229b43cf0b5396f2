/**
 * `suspend`: leave a topology alone.
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

/** `suspend [NAME]` */
export type SuspendInvocation = Given<"suspend", typeof options>;

/** The verb `suspend`. */
export const SUSPEND: Verb = verb({
  name: "suspend",
  summary: "Suspend reconciliation",
  usage: "[OPTION…] [NAME]",
  description: "Suspend the reconciliation of a topology: it keeps running, and is not repaired until resume.",
  examples: [["sockgraph suspend web", "before changing it with msg"]],
  meaning:
    "stop repairing one topology and applying changes of its source; an explicit `apply` or `rollback` still takes effect",
  synonyms: ["pause"],
  permissions: CLIENT,
  options,
  run: suspend,
});

/** Suspends. Doing it twice changes nothing. */
async function suspend(
  invocation: SuspendInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    await engine.ask(TOPOLOGY.suspend, { name });
    output.result(`${name}: suspended`);
  });
  return EXIT.done;
}
