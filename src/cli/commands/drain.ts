/**
 * `drain`: end connections by a deadline, and take no new ones.
 *
 * @module
 */

import type { DrainOutcome } from "../../control/draining.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { DrainInvocation } from "../invocation.ts";
import { oneTopology } from "../one_topology.ts";

/** Drains a topology or a node of it, and says how that went. */
export async function drain(invocation: DrainInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { generation, timeoutMs } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  await askEngine(runtime, path, async (engine) => {
    const target = await oneTopology(engine, invocation.target);
    for (const outcome of await engine.drain({ targets: [target], generation, timeoutMs })) {
      output.result(formatDrained(outcome));
    }
  });
  return EXIT.done;
}

/** `web: 12 connections ended, 3 of them closed`. */
export function formatDrained({ target, ended, closed }: DrainOutcome): string {
  const all = ended + closed;
  if (all === 0) return `${target}: no connections`;
  const count = all === 1 ? "1 connection" : `${all} connections`;
  return closed === 0 ? `${target}: ${count} ended` : `${target}: ${count} ended, ${closed} of them closed`;
}
