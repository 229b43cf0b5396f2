/**
 * The messages of a template, parsed when it is set: a message that its copies cannot receive is rejected then, and not
 * at the first connection.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { CommandTable } from "../core/command.ts";

import type { NodeType } from "../core/node_type.ts";
import { hasReferences, substituteReferences } from "../core/reference.ts";
import { formatMessage, type MessageState, type TemplateState } from "../data/state.ts";

/**
 * Rejects a template whose nodes cannot be created or cannot execute their messages.
 *
 * @throws NetgraphError that names the node and the message
 */
export function requireMessages({ name, nodes }: TemplateState, types: readonly NodeType[]): void {
  for (const { name: node, type: typeName, messages } of nodes) {
    const subject = `node "${node}" of template "${name}"`;
    const type = types.find((one) => one.name === typeName && one.creatable);
    if (type === undefined) {
      throw new NetgraphError("ENOENT", `Cannot set ${subject}: there is no type "${typeName}"`);
    }
    for (const message of messages) requireMessage(message, { commands: type.commands, subject });
  }
}

interface Place {
  readonly commands: CommandTable;
  readonly subject: string;
}

function requireMessage(message: MessageState, { commands, subject }: Place): void {
  const { command: name, argument } = message;
  const refuse = (code: ErrorCode, why: string, hint: string | null = null, cause?: unknown): NetgraphError => {
    const text = `Cannot send "${formatMessage(message)}" to ${subject}: ${why}${hint === null ? "" : `; ${hint}`}`;
    return new NetgraphError(code, text, { cause });
  };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw refuse("ENOSYS", "it has no such message", nearHint(name, Object.keys(commands)));
  if (argument === null) {
    if (command.args !== null && command.argsOptional !== true) throw refuse("EINVAL", "its argument is missing");
    return;
  }
  if (command.args === null) throw refuse("EINVAL", "it accepts no argument");
  if (hasReferences(argument)) return;
  try {
    parseText(command.args, substituteReferences(argument, () => ""));
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    throw refuse(error.code, error.message, error.hint, error);
  }
}
