/**
 * `events`: what happens, as NDJSON.
 *
 * @module
 */

import { flag } from "../args/options.ts";
import { control } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { followLines } from "../follow.ts";
import { OutputStream } from "../output_stream.ts";

const options = () => ({
  connections: flag("--connections", "Print a line for each connection that ends, instead of other events"),
  control: control(),
});

/** `events` */
export type EventsInvocation = Given<"events", typeof options>;

/** The verb `events`. */
export const EVENTS: Verb = verb({
  name: "events",
  summary: "Print events as NDJSON",
  usage: "[OPTION…]",
  description: "Print one JSON object per line: first a snapshot of what runs, then every event: failures, retries, " +
    "recoveries, changes, drift, connections that could not be set up. Ctrl-C ends it.",
  examples: [
    ["sockgraph events | jq -c 'select(.kind == \"failed\")'", "only failures"],
    [
      'sockgraph events --connections | jq -r \'select(.kind == "connection" and .reason != "eof") | .client\'',
      "clients whose connection failed",
    ],
  ],
  meaning: "follow events as NDJSON: one object per line, the first is a snapshot",
  synonyms: ["log", "logs"],
  permissions: CLIENT,
  readOnly: true,
  options,
  run: events,
});

/**
 * Prints a snapshot, then events, until a signal or the end of the engine. A closed reader is noticed only at the next
 * line, at the latest a heartbeat: then it exits silently.
 */
async function events(
  invocation: EventsInvocation,
  { runtime, output, stop }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { signal } = stop;
  const stream = new OutputStream(output, { clock: runtime.clock, signal });
  await askEngine(
    runtime,
    path,
    (engine) => {
      const lines: AsyncIterable<object> = invocation.connections
        ? engine.connectionEvents({ signal })
        : engine.events({ signal });
      return followLines(lines, (line) => stream.line(JSON.stringify(line)), stop);
    },
  ).finally(() => stream.end());
  return EXIT.done;
}
