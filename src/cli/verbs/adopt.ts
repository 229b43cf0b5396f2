/**
 * `adopt`: accepts manual changes as the desired state.
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

/** `adopt [NAME]` */
export type AdoptInvocation = Given<"adopt", typeof options>;

/** The verb `adopt`. */
export const ADOPT: Verb = verb({
  name: "adopt",
  summary: "Accept manual changes as the desired state",
  usage: "[OPTION…] [NAME]",
  description: "Accept the observed state, manual changes included, as the desired state, in a new generation. Does " +
    "not change the file; export prints its new content.",
  examples: [["sockgraph adopt web", "keep what msg changed"]],
  meaning: "keep manual changes as the desired state",
  permissions: CLIENT,
  options,
  run: adopt,
});

/** Accepts the running state as the desired one. */
async function adopt(
  invocation: AdoptInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { topology, generation, drift, driftOthers = 0 } = await askEngine(runtime, path, async (engine) => {
    return await engine.ask(TOPOLOGY.adopt, { name: await oneTopology(engine, invocation.name) });
  });
  if (drift === null) {
    output.result(`${topology}: no difference from generation ${generation}`);
    return EXIT.done;
  }
  const { withOtherPlaces } = await import("./status/status_view.ts");
  const places = withOtherPlaces(drift, driftOthers);
  output.result(`${topology}: adopted the manual changes at ${places} as generation ${generation}`);
  output.note(
    `The next apply of the file reverts them: "sockgraph export ${topology}" prints the new content of the file`,
  );
  return EXIT.done;
}
