/**
 * The reconciler's facts about node types, and a node's messages by kind: lifecycle as a list, settings as a map by
 * key, actions as a list. Queries change nothing, so they are not compared.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { settingId } from "../../graph/message/reset_value.ts";
import type { Command } from "../../graph/core/command.ts";
import type { CheckedMessage, NodeType } from "../../graph/core/node_type.ts";
import { hasReferences } from "../../graph/core/reference.ts";
import type { MessageState, NodeState } from "../../graph/data/state.ts";

/** The facts of a node type that reconciling needs: all of them can cross a thread or be made up by a test. */
export type TypeFacts =
  & Pick<NodeType, "commands" | "hookDecides" | "claims" | "flow" | "changeNote">
  & Partial<Pick<NodeType, "isTap">>;

/** The types of node, by name. */
export type TypeTable = ReadonlyMap<string, TypeFacts>;

/** One configured value of a node. */
export interface Setting {
  /** Unique in its node: the command and the command's own key. */
  readonly id: string;
  /** The command's own key: an option, a field; the command's name if it has only one value. */
  readonly key: string;
  /** The message that sets only this value, in canonical form. */
  readonly message: MessageState;
  /** The index of the node's message that sets it. */
  readonly index: number;
}

/** A message and its index in its node. */
export interface PlacedMessage {
  readonly message: MessageState;
  readonly index: number;
}

/** A node's messages by kind. */
export interface MessageView {
  readonly lifecycle: readonly PlacedMessage[];
  readonly settings: ReadonlyMap<string, Setting>;
  /** Settings with default values, which are not included. */
  readonly initials: ReadonlyMap<string, Setting>;
  readonly actions: readonly PlacedMessage[];
}

/** The command of that name, or null for an unknown one. */
export function commandOf(types: TypeTable, type: string, name: string): Command<unknown, unknown> | null {
  const commands = types.get(type)?.commands;
  if (commands === undefined || !Object.hasOwn(commands, name)) return null;
  return commands[name] ?? null;
}

/** The value of a message's argument; undefined if it has none or if it waits for a reply. */
export function parseArgument(command: Command<unknown, unknown>, message: MessageState): unknown {
  if (command.args === null || message.argument === null || hasReferences(message.argument)) return undefined;
  return parseText(command.args, message.argument);
}

/**
 * The same, but as written if it waits for a reply; undefined if it can be parsed only with the reply. Only for the
 * parts of an argument that do not depend on the reply.
 */
export function tryParseArgument(command: Command<unknown, unknown>, message: MessageState): unknown {
  if (command.args === null || message.argument === null) return undefined;
  try {
    return parseText(command.args, message.argument);
  } catch (error) {
    if (error instanceof AsciiError && hasReferences(message.argument)) return undefined;
    throw error;
  }
}

/**
 * Sorts a node's messages by kind. A command that its type does not have counts as lifecycle: nothing is known of it. A
 * setting with a default value is omitted: there is no difference whether it was reset or never sent.
 */
export function viewMessages(types: TypeTable, node: NodeState): MessageView {
  const lifecycle: PlacedMessage[] = [];
  const actions: PlacedMessage[] = [];
  const settings = new Map<string, Setting>();
  const initials = new Map<string, Setting>();
  node.messages.forEach((message, index) => {
    const command = commandOf(types, node.type, message.command);
    switch (command?.kind) {
      case "query":
        break;
      case "action":
        actions.push({ message, index });
        break;
      case "setting":
        if (command.impliedWhenDeclared === true) break;
        // The last one of a key counts, at the position where it was sent.
        for (const setting of splitSetting(command, message, index)) {
          settings.delete(setting.id);
          initials.delete(setting.id);
          (isInitial(command, setting, node.hook) ? initials : settings).set(setting.id, setting);
        }
        break;
      default:
        lifecycle.push({ message, index });
    }
  });
  return { lifecycle, settings, initials, actions };
}

/** A node's messages with parsed arguments, for its type's checks and claims. */
export function checkedMessages(types: TypeTable, node: NodeState): readonly CheckedMessage[] {
  return node.messages.map((message) => {
    const command = commandOf(types, node.type, message.command);
    return { command: message.command, args: command === null ? undefined : parseArgument(command, message) };
  });
}

function isInitial(command: Command<unknown, unknown>, setting: Setting, hook: string | null): boolean {
  if (command.args === null || !isKnownKey(command, setting)) return false;
  const initial = command.reset?.(setting.key, hook) ?? null;
  return initial !== null && command.args.format(initial) === setting.message.argument;
}

/** False for a setting whose keys depend on a reply, so the values that it sets are unknown. */
export function isKnownKey(command: Command<unknown, unknown>, setting: Setting): boolean {
  return command.entries === undefined || setting.id !== setting.message.command;
}

/** A message without fields that have their defaults. */
function plainMessage(command: Command<unknown, unknown>, message: MessageState): MessageState {
  const { args: type, plain } = command;
  if (type === null || plain === undefined || message.argument === null || hasReferences(message.argument)) {
    return message;
  }
  return { command: message.command, argument: type.format(plain(parseArgument(command, message))) };
}

function splitSetting(command: Command<unknown, unknown>, message: MessageState, index: number): readonly Setting[] {
  const { command: name, argument } = message;
  const { args: type } = command;
  const whole: Setting = { id: name, key: name, message: plainMessage(command, message), index };
  // A value that depends on a reply has no keys yet: the message counts as a whole.
  if (command.entries === undefined || type === null || hasReferences(argument)) return [whole];
  const value = parseArgument(command, message) ?? null;
  return command.entries(value).map((entry) => ({
    id: settingId(name, entry.key),
    key: entry.key,
    message: { command: name, argument: type.format(entry.args) },
    index,
  }));
}
