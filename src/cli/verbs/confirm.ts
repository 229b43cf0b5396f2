/**
 * `confirm`: what apply changed lasts.
 *
 * @module
 */

import { control, names } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

const options = () => ({
  names: names(),
  control: control(),
});

/** `confirm [NAME…]` */
export type ConfirmInvocation = Given<"confirm", typeof options>;

/** The verb `confirm`. */
export const CONFIRM: Verb = verb({
  name: "confirm",
  summary: "Keep what apply --confirm changed",
  usage: "[OPTION…] [NAME…]",
  description:
    "Keep a change of apply --confirm. Without confirmation it is rolled back when its time expires. Without a " +
    "name, all topologies that await confirmation are confirmed. Exits with 1 if there are none.",
  examples: [
    ["sockgraph apply --confirm 60s web.yaml", "try a change that may lock you out"],
    ["sockgraph confirm web", "you can still connect: keep it"],
  ],
  meaning:
    "confirm the change of `apply --confirm 60s`, which is otherwise rolled back; see [docs/plans.md](docs/plans.md)",
  permissions: CLIENT,
  options,
  run: confirm,
});

/** Confirms topologies that await it. */
async function confirm(
  invocation: ConfirmInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { names } = invocation;
  const { confirmed } = await askEngine(runtime, path, (engine) => engine.ask(TOPOLOGY.confirm, { names }));
  for (const { topology, generation } of confirmed) {
    output.result(`${topology}: generation ${generation} is confirmed`);
  }
  return EXIT.done;
}
