/**
 * `msg`: one control message to a running node.
 *
 * @module
 */

import { joinedArguments } from "../args/options.ts";
import { control, desired } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";
import { NODES, splitMessage } from "../../api/operations/nodes.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { baseDirectory } from "../paths.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

const options = () => ({
  control: control(),
  path: desired("PATH", "The node: web/front: or [1f]:"),
  command: desired("COMMAND", "Its command, as types lists them"),
  argument: joinedArguments("ARG", "The message's argument"),
});

/** `msg PATH COMMAND [ARG…]` */
export type MsgInvocation = Given<"msg", typeof options>;

/** The verb `msg`. */
export const MSG: Verb = verb({
  name: "msg",
  summary: "Send a control message to a running node",
  usage: "[OPTION…] PATH COMMAND [ARG…]",
  description: "Send one control message to a running node and print its reply. Options come before the path; " +
    "everything after it is the message.",
  examples: [
    ["sockgraph msg web/front: getname", "the address of a node"],
    ["sockgraph msg web/front: setopt '{ SO_KEEPALIVE=1 }'", "quote what the shell would interpret"],
  ],
  meaning: "send one control message to a running node",
  permissions: CLIENT,
  shielded: ["--control"],
  options,
  run: msg,
});

/** Sends the message and prints its reply in ASCII form. */
async function msg(invocation: MsgInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { path, command: first, argument: rest } = invocation;
  // The message may be quoted as one word or written as several.
  const { command, argument } = splitMessage(rest === null ? first : `${first} ${rest}`);
  const socket = socketPlace(runtime, invocation.control).path;
  const folder = baseDirectory(runtime.process);
  const reply = await askEngine(
    runtime,
    socket,
    (engine) => engine.ask(NODES.msg, { path, command, argument, folder }),
  );
  if (reply.text !== null) output.result(reply.text);
  return EXIT.done;
}
