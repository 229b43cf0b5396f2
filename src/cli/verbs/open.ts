/**
 * `open`: the address of the live page.
 *
 * @module
 */

import { control } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { PAGE } from "../../api/operations/page.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

const options = () => ({ control: control() });

/** `open` */
export type OpenInvocation = Given<"open", typeof options>;

/** The verb `open`. */
export const OPEN: Verb = verb({
  name: "open",
  summary: "Print the address of the live page",
  usage: "[OPTION…]",
  description:
    "Print the address of the live page of an engine that was started with --http. The address can be used " +
    "once, within ten minutes; the browser then has access until the engine exits, or until it has sent no request for 12 hours.",
  examples: [
    ["sockgraph apply --http 127.0.0.1:9107 web.yaml", "an engine that serves the page"],
    ["sockgraph open", "its address, for a browser on this machine"],
    ['xdg-open "$(sockgraph open)"', "open it"],
  ],
  meaning: "print the address of the live page, for a browser; see [docs/live-page.md](docs/live-page.md)",
  synonyms: ["ui", "web", "dashboard", "page"],
  permissions: CLIENT,
  readOnly: true,
  options,
  run: open,
});

/** Prints the address. */
async function open(invocation: OpenInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { address } = await askEngine(runtime, path, (engine) => engine.ask(PAGE.open, {}));
  output.result(address);
  return EXIT.done;
}
