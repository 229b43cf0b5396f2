/**
 * `drain`: end connections by a deadline, and take no new ones.
 *
 * @module
 */

import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { DrainOutcome } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { DrainInvocation } from "../invocation.ts";
import { oneTopology } from "../one_topology.ts";

/** Drains a topology or a node of it, and says how that went. */
export async function drain(invocation: DrainInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { generation, timeoutMs } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const target = await oneTopology(engine, invocation.target);
    const request = { targets: [target], generation, timeoutMs };
    const { drained } = await engine.ask(TOPOLOGY.drain, request);
    for (const outcome of drained) output.result(formatDrained(outcome));
    return drained.some(({ remaining = 0 }) => remaining > 0) ? EXIT.notReady : EXIT.done;
  });
}

/** `web: 9 connections ended by themselves, 3 were closed`. */
export function formatDrained({ target, ended, closed, remaining = 0 }: DrainOutcome): string {
  if (remaining > 0) {
    const left = remaining === 1 ? "1 connection is still open" : `${remaining} connections are still open`;
    return `${formatDrained({ target, ended, closed })}; ${left}, because the drain was stopped`;
  }
  if (ended + closed === 0) return `${target}: no connections`;
  const alone = ended === 1 ? "1 connection ended by itself" : `${ended} connections ended by themselves`;
  if (closed === 0) return `${target}: ${alone}`;
  const connections = ended > 0 ? "" : closed === 1 ? " connection" : " connections";
  const forced = `${closed}${connections} ${closed === 1 ? "was" : "were"} closed`;
  return ended === 0 ? `${target}: ${forced}` : `${target}: ${alone}, ${forced}`;
}
