/**
 * `wait`: until topologies are Ready.
 *
 * @module
 */

import { choiceOption } from "../args/options.ts";
import { control, names, orDefault, wait } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { STATUS } from "../../api/operations/status.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, NoEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode, NOT_READY } from "../exit_code.ts";
import { engineEnded, isBroken } from "../follow.ts";

const options = () => ({
  names: names(),
  condition: orDefault(
    choiceOption("--for", {
      metavar: "CONDITION",
      words: ["Ready"],
      description: "The condition to wait for; only Ready is supported",
    }),
    "Ready",
  ),
  timeoutMs: wait("--timeout", "How long to wait"),
  control: control(),
});

/** `wait [NAME…]` */
export type WaitInvocation = Given<"wait", typeof options>;

/** The verb `wait`. */
export const WAIT: Verb = verb({
  name: "wait",
  summary: "Wait until topologies are Ready",
  usage: "[OPTION…] [NAME…]",
  description: `Wait until topologies are Ready. ${NOT_READY.wait}`,
  examples: [["sockgraph wait --timeout 10s web", "at most ten seconds"]],
  meaning: "wait until topologies are Ready, or have failed; `--timeout 10s`",
  permissions: CLIENT,
  readOnly: true,
  options,
  run: waitForTopologies,
});

/**
 * Waits; reports topologies that are not Ready when the time expires, or as soon as they cannot become so.
 *
 * @throws CommandFailure 75 when the engine ends
 */
async function waitForTopologies(invocation: WaitInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { names, timeoutMs } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  const { ready, waiting } = await askEngine(runtime, path, async (engine) => {
    try {
      return await engine.ask(STATUS.wait, { names, timeoutMs });
    } catch (error) {
      throw isBroken(error) && !(error instanceof NoEngine) ? engineEnded() : error;
    }
  });
  if (ready) return EXIT.done;
  for (const line of waiting) output.error(line);
  return EXIT.notReady;
}
