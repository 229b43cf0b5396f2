/**
 * What changes in one node that is there and stays: the messages that bring it along, or the reason why it must be
 * made anew.
 *
 * @module
 */

import type { Cost } from "../graph/message.ts";
import { formatMessage, type MessageState, type NodeState } from "../graph/state.ts";
import {
  commandOf,
  isKnownKey,
  type MessageView,
  peekArgument,
  type PlacedMessage,
  type Setting,
  type TypeTable,
  viewMessages,
} from "./facts.ts";

/** A message that changes a running node. */
export interface MessageChange {
  readonly message: MessageState;
  /** Its place among the wanted messages; null for one that resets a setting. */
  readonly index: number | null;
  readonly cause: string;
  readonly cost: Cost;
}

/** What becomes of a node that is there and stays. */
export type NodeOutcome =
  | { readonly kind: "equal" }
  | { readonly kind: "replace"; readonly cause: string }
  | { readonly kind: "update"; readonly messages: readonly MessageChange[]; readonly restart: boolean };

/** Compares a node as it is with what it shall be. */
export function compareNodes(types: TypeTable, observed: NodeState, wanted: NodeState): NodeOutcome {
  if (observed.type !== wanted.type) {
    return { kind: "replace", cause: `type changed from ${observed.type} to ${wanted.type}` };
  }
  if (observed.hook !== wanted.hook) {
    return { kind: "replace", cause: `hook changed from ${observed.hook ?? "none"} to ${wanted.hook ?? "none"}` };
  }
  const restart = observed.restart !== wanted.restart;
  const changes = sameMessages(observed, wanted) ? [] : compareMessages(types, observed, wanted);
  if (!Array.isArray(changes)) return { kind: "replace", cause: changes.cause };
  if (changes.length === 0 && !restart) return { kind: "equal" };
  return { kind: "update", messages: changes, restart };
}

/** True when the messages are the same, word for word: the common case, told without reading them. */
export function sameMessages(a: NodeState, b: NodeState): boolean {
  return a.messages.length === b.messages.length && a.messages.every((message, index) => {
    const other = b.messages[index];
    return message.command === other?.command && message.argument === other.argument;
  });
}

/** A reason that only a new node satisfies. */
interface Replacement {
  readonly cause: string;
}

function compareMessages(types: TypeTable, observed: NodeState, wanted: NodeState): MessageChange[] | Replacement {
  const was = viewMessages(types, observed);
  const shall = viewMessages(types, wanted);
  const lifecycle = compareLifecycle(types, wanted.type, { was: was.lifecycle, shall: shall.lifecycle });
  if (!Array.isArray(lifecycle)) return lifecycle;
  const actions = differenceOfLists(was.actions, shall.actions);
  if (actions !== null) return { cause: actions };
  const resets = resetSettings(types, wanted, { was, shall });
  if (!Array.isArray(resets)) return resets;
  const settings = changeSettings(types, wanted, { was, shall });
  if (!Array.isArray(settings)) return settings;
  const placed = [...lifecycle, ...settings].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  return [...resets, ...placed];
}

/** Messages that only follow what was sent are sent where their command is live; every other difference is a new node. */
function compareLifecycle(
  types: TypeTable,
  type: string,
  lists: { was: readonly PlacedMessage[]; shall: readonly PlacedMessage[] },
): MessageChange[] | Replacement {
  const { was, shall } = lists;
  const common = differenceOfLists(was, shall.slice(0, was.length));
  const more = shall.slice(was.length);
  const live = common === null && more.every(({ message }) => commandOf(types, type, message.command)?.cost === "live");
  if (!live) return { cause: differenceOfLists(was, shall) ?? "messages changed" };
  return more.map(({ message, index }) => ({ message, index, cause: `"${message.command}" added`, cost: "live" }));
}

/** The first difference in words, or null. */
function differenceOfLists(was: readonly PlacedMessage[], shall: readonly PlacedMessage[]): string | null {
  for (let index = 0; index < Math.max(was.length, shall.length); index++) {
    const before = was[index]?.message;
    const after = shall[index]?.message;
    if (before === undefined && after !== undefined) return `"${after.command}" added`;
    if (after === undefined && before !== undefined) return `"${before.command}" removed`;
    if (before === undefined || after === undefined) continue;
    if (before.command !== after.command) return `"${before.command}" changed to "${after.command}"`;
    if (before.argument !== after.argument) {
      return `"${after.command}" changed from ${before.argument ?? "nothing"} to ${after.argument ?? "nothing"}`;
    }
  }
  return null;
}

function resetSettings(
  types: TypeTable,
  node: NodeState,
  views: { was: MessageView; shall: MessageView },
): MessageChange[] | Replacement {
  const changes: MessageChange[] = [];
  for (const setting of views.was.settings.values()) {
    if (views.shall.settings.has(setting.id)) continue;
    const { command: name } = setting.message;
    const command = commandOf(types, node.type, name);
    const cause = `setting "${setting.key}" removed`;
    const known = command !== null && isKnownKey(command, setting);
    const args = known ? command.reset?.(setting.key) ?? null : null;
    if (command === null || args === null || mustPrecede(command.before, node)) return { cause };
    const argument = command.args === null ? null : command.args.format(args);
    changes.push({ message: { command: name, argument }, index: null, cause, cost: command.cost });
  }
  return changes.some((change) => change.cost === "replace") ? { cause: changes[0]?.cause ?? "" } : changes;
}

function changeSettings(
  types: TypeTable,
  node: NodeState,
  views: { was: MessageView; shall: MessageView },
): MessageChange[] | Replacement {
  const changes: MessageChange[] = [];
  for (const setting of views.shall.settings.values()) {
    const before = views.was.settings.get(setting.id);
    if (before !== undefined && formatMessage(before.message) === formatMessage(setting.message)) continue;
    const command = commandOf(types, node.type, setting.message.command);
    const cause = causeOfSetting(types, node.type, { before, after: setting });
    if (command === null || command.cost === "replace" || mustPrecede(command.before, node)) return { cause };
    changes.push({ message: setting.message, index: setting.index, cause, cost: command.cost });
  }
  return changes;
}

/** True when the message of that name is one of the node's, so that what must precede it comes too late. */
function mustPrecede(before: string | undefined, node: NodeState): boolean {
  return before !== undefined && node.messages.some((message) => message.command === before);
}

function causeOfSetting(
  types: TypeTable,
  type: string,
  setting: { before: Setting | undefined; after: Setting },
): string {
  const { before, after } = setting;
  if (before === undefined) return `setting "${after.key}" added`;
  const fields = after.id === after.message.command ? changedFields(types, type, before.message, after.message) : [];
  if (fields.length === 0) return `setting "${after.key}" changed`;
  const names = fields.map((field) => `"${field}"`).join(", ");
  return fields.length === 1 ? `setting ${names} changed` : `settings ${names} changed`;
}

/** The fields in which two arguments differ, where arguments have fields. */
function changedFields(types: TypeTable, type: string, before: MessageState, after: MessageState): readonly string[] {
  const command = commandOf(types, type, after.command);
  if (command === null) return [];
  const was = fieldsOf(peekArgument(command, before));
  const shall = fieldsOf(peekArgument(command, after));
  if (was === null || shall === null) return [];
  return [...new Set([...was.keys(), ...shall.keys()])].filter((key) => was.get(key) !== shall.get(key));
}

function fieldsOf(value: unknown): ReadonlyMap<string, string> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value).map(([key, field]) => [key, textOf(field)]));
}

/** A value as text that is equal for equal values; bigints, which JSON lacks, are among them. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => typeof part === "bigint" ? `${part}n` : part) ?? "undefined";
}
