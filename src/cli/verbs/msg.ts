/**
 * `msg`: one control message to a running node.
 *
 * @module
 */

import { NODES } from "../../api/operations/nodes.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { MsgInvocation } from "../invocation.ts";

/** Sends the message and prints its reply in ASCII form. */
export async function msg(invocation: MsgInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { path, command, argument } = invocation;
  const socket = socketPlace(runtime, invocation.control).path;
  const reply = await askEngine(runtime, socket, (engine) => engine.ask(NODES.msg, { path, command, argument }));
  if (reply.text !== null) output.result(reply.text);
  return EXIT.done;
}
