/**
 * `drain`: stops accepting connections, and closes open ones within a time limit.
 *
 * @module
 */

import { generationOption, textArgument } from "../args/options.ts";
import { control, drainTime, nullable } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { DrainOutcome } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { oneTopology } from "../one_topology.ts";

const options = () => ({
  target: nullable(textArgument("NAME[/NODE]", "nodes", "A topology or one of its nodes"), "the only one that runs"),
  generation: nullable(
    generationOption("--generation", "Only connections that began under this generation; new ones are accepted"),
    "all connections",
  ),
  timeoutMs: drainTime(),
  control: control(),
});

/** `drain [NAME[/NODE]]` */
export type DrainInvocation = Given<"drain", typeof options>;

/** The verb `drain`. */
export const DRAIN: Verb = verb({
  name: "drain",
  summary: "Stop accepting connections; close open ones within --timeout",
  usage: "[OPTION…] [NAME[/NODE]]",
  description: "Accept no new connections and let open ones end. During the first half of the time they may end by " +
    "themselves; during the second half the rest are closed one after the other. Returns when no connection is open. The next " +
    "apply or reconcile accepts connections again, and ends a drain in progress: the result says how many connections " +
    "remain open. With --generation, only connections that began under that " +
    "generation are drained, and new ones are accepted.",
  examples: [
    ["sockgraph drain web --timeout 30s", "all listeners of a topology"],
    ["sockgraph drain web/front", "one listener"],
    ["sockgraph drain web --generation 3", "only connections from before the last change"],
  ],
  meaning:
    "stop accepting connections; close open ones within `--timeout 10s`: those of `NAME` or `NAME/NODE`, or only those of `--generation N`",
  permissions: CLIENT,
  options,
  run: drain,
});

/** Drains a topology or a node of it, and prints the result. */
async function drain(invocation: DrainInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { generation, timeoutMs } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const target = await oneTopology(engine, invocation.target);
    const request = { targets: [target], generation, timeoutMs };
    const { drained } = await engine.ask(TOPOLOGY.drain, request);
    for (const outcome of drained) output.result(formatDrained(outcome));
    return EXIT.done;
  });
}

/** `web: 9 connections ended in time, 3 were closed`. */
export function formatDrained({ target, ended, closed, remaining = 0 }: DrainOutcome): string {
  if (remaining > 0) {
    const left = remaining === 1 ? "1 connection remains open" : `${remaining} connections remain open`;
    const before = ended + closed === 0 ? `${target}:` : `${formatDrained({ target, ended, closed })};`;
    return `${before} ${left}: a change ended the drain`;
  }
  if (ended + closed === 0) return `${target}: no connections`;
  const alone = ended === 1 ? "1 connection ended in time" : `${ended} connections ended in time`;
  if (closed === 0) return `${target}: ${alone}`;
  const connections = ended > 0 ? "" : closed === 1 ? " connection" : " connections";
  const forced = `${closed}${connections} ${closed === 1 ? "was" : "were"} closed`;
  return ended === 0 ? `${target}: ${forced}` : `${target}: ${alone}, ${forced}`;
}
