/**
 * Reads back whether messages had their effect. Effects that cannot be read back are unverified, never assumed.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { Command } from "../../graph/core/command.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { type Pace, TimeSlice } from "../../cooperative.ts";
import { commandOf, parseArgument, type TypeTable } from "../diff/facts.ts";
import type { StepFailure } from "./run.ts";
import type { Step } from "../plan/step.ts";

/** The result of reading back. */
export interface Verification {
  /** The first message whose effect differs from the requested one. */
  readonly failure: StepFailure | null;
  /** Messages with a verified effect. */
  readonly verified: ReadonlySet<Step>;
}

/** The input of verifying. */
export interface VerifyOptions extends Pace {
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly desired: GraphState;
}

/** Reads back the effect of the accepted messages. */
export async function verifySteps(
  taken: readonly Step[],
  options: VerifyOptions,
): Promise<Verification> {
  const timeSlice = new TimeSlice(options);
  const nodeTypes = new Map(options.desired.nodes.map((node) => [node.name, node.type]));
  const verified = new Set<Step>();
  for (const step of taken) {
    if (timeSlice.due) await timeSlice.yield();
    const type = step.node === null || step.messageIndex === null ? undefined : nodeTypes.get(step.node);
    const command = type === undefined ? null : commandOf(options.types, type, step.command);
    if (command === null) continue;
    const { seen, reply } = await readBack(options.port, command, step);
    if (seen === true) verified.add(step);
    if (seen === false) return { failure: { step, error: mismatch(step, command, reply) }, verified };
  }
  return { failure: null, verified };
}

async function readBack(
  port: GraphPort,
  command: Command<unknown, unknown>,
  step: Step,
): Promise<{ seen: boolean | null; reply: string | null }> {
  const { readBack } = command;
  const args = parseArgument(command, step);
  // Values from replies are unknown here; a query is verified by its answer, and implied settings need no check.
  if (readBack === undefined || (args === undefined && command.args !== null)) {
    return { seen: command.kind === "query" || command.impliedWhenDeclared === true ? true : null, reply: null };
  }
  try {
    const reply = await port.send(step.path, readBack.query, readBack.argument?.(args) ?? null);
    return { seen: readBack.matches(args, reply.value), reply: reply.text };
  } catch (error) {
    // The query itself may not be possible on this runtime, or the peer may have left: then the effect is unknown.
    if (error instanceof NetgraphError) return { seen: null, reply: null };
    throw error;
  }
}

function mismatch(step: Step, command: Command<unknown, unknown>, reply: string | null): NetgraphError {
  const query = command.readBack?.query ?? step.command;
  return new NetgraphError("EPROTO", `Cannot verify "${step.text}" of "${step.path}": "${query}" answers ${reply}`, {
    subject: { node: step.path.slice(0, -1), message: step.text },
  });
}
