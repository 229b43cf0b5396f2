/**
 * The changes of one existing node: the messages that update it, or the reason why it must be recreated.
 *
 * @module
 */

import type { Command, Cost } from "../../graph/core/command.ts";
import { formatMessage, type MessageState, type NodeState } from "../../graph/data/state.ts";
import {
  commandOf,
  isKnownKey,
  type MessageView,
  type PlacedMessage,
  type Setting,
  tryParseArgument,
  type TypeTable,
  viewMessages,
} from "./facts.ts";

/** A message that changes a running node. */
export interface MessageChange {
  readonly message: MessageState;
  /** Its index in the desired messages; null for one that resets a setting. */
  readonly index: number | null;
  readonly cause: string;
  readonly cost: Cost;
  /** The setting that it resets, and what that has done, as text; absent for one with another value. */
  readonly resets?: { readonly command: string; readonly effect: string | null };
}

/** The change of an existing node. */
export type NodeOutcome =
  | { readonly kind: "equal" }
  | { readonly kind: "replace"; readonly cause: string }
  | { readonly kind: "update"; readonly messages: readonly MessageChange[]; readonly restart: boolean };

const EQUAL: NodeOutcome = { kind: "equal" };

/** The reset values of a node's settings, by the setting's ID: arguments in ASCII form. */
export type Formers = Readonly<Record<string, string>>;

/**
 * Compares an observed node with the desired one.
 *
 * @param formers the reset values of its settings, as far as they were read
 */
export function compareNodes(
  types: TypeTable,
  nodes: { readonly observed: NodeState; readonly desired: NodeState },
  formers: Formers = {},
): NodeOutcome {
  const { observed, desired } = nodes;
  if (observed === desired) return EQUAL;
  if (observed.type !== desired.type) {
    return { kind: "replace", cause: `type changed from ${observed.type} to ${desired.type}` };
  }
  if (observed.hook !== desired.hook) {
    return { kind: "replace", cause: `hook changed from ${observed.hook ?? "none"} to ${desired.hook ?? "none"}` };
  }
  const restart = observed.restart !== desired.restart;
  const changes = sameMessages(observed, desired) ? [] : compareMessages(types, nodes, formers);
  if (!Array.isArray(changes)) return { kind: "replace", cause: changes.cause };
  if (changes.length === 0 && !restart) return EQUAL;
  return { kind: "update", messages: changes, restart };
}

/** True when the messages are the same, word for word: the common case, found without parsing them. */
export function sameMessages(a: Pick<NodeState, "messages">, b: NodeState): boolean {
  return a.messages.length === b.messages.length && a.messages.every((message, index) => {
    const other = b.messages[index];
    return message.command === other?.command && message.argument === other.argument;
  });
}

/** A reason that requires a new node. */
interface Replacement {
  readonly cause: string;
}

function compareMessages(
  types: TypeTable,
  { observed, desired }: { readonly observed: NodeState; readonly desired: NodeState },
  formers: Formers,
): MessageChange[] | Replacement {
  const was = viewMessages(types, observed);
  const desiredView = viewMessages(types, desired);
  const lifecycle = compareLifecycle(types, desired.type, { was: was.lifecycle, desiredView: desiredView.lifecycle });
  if (!Array.isArray(lifecycle)) return lifecycle;
  const actions = differenceOfLists(was.actions, desiredView.actions);
  if (actions !== null) return { cause: actions };
  const resets = resetSettings(types, desired, { was, desiredView, formers });
  if (!Array.isArray(resets)) return resets;
  const settings = changeSettings(types, desired, { was, desiredView });
  if (!Array.isArray(settings)) return settings;
  const placed = [...lifecycle, ...settings].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  return [...resets, ...placed];
}

/** Additional messages at the end are sent if their command is live; every other difference requires a new node. */
function compareLifecycle(
  types: TypeTable,
  type: string,
  lists: { was: readonly PlacedMessage[]; desiredView: readonly PlacedMessage[] },
): MessageChange[] | Replacement {
  const { was, desiredView } = lists;
  const others = desiredView.filter(({ message }, index) => !sameMessage(message, was[index]?.message));
  const live = was.length <= desiredView.length && others.every(({ message }) => {
    return commandOf(types, type, message.command)?.cost === "live";
  }) && was.every(({ message }, index) => message.command === desiredView[index]?.message.command);
  if (!live) return { cause: differenceOfLists(was, desiredView) ?? "messages changed" };
  return others.map(({ message, index }) => {
    const before = was.find((one) => one.message.command === message.command);
    const cause = before === undefined ? `"${message.command}" added` : differenceOf(before.message, message);
    return { message, index, cause, cost: "live" };
  });
}

function sameMessage(a: MessageState, b: MessageState | undefined): boolean {
  return a.command === b?.command && a.argument === b.argument;
}

function differenceOf(before: MessageState, after: MessageState): string {
  return `"${after.command}" changed from ${before.argument ?? "nothing"} to ${after.argument ?? "nothing"}`;
}

/** The first difference in words, or null. */
function differenceOfLists(was: readonly PlacedMessage[], desiredView: readonly PlacedMessage[]): string | null {
  for (let index = 0; index < Math.max(was.length, desiredView.length); index++) {
    const before = was[index]?.message;
    const after = desiredView[index]?.message;
    if (before === undefined && after !== undefined) return `"${after.command}" added`;
    if (after === undefined && before !== undefined) return `"${before.command}" removed`;
    if (before === undefined || after === undefined) continue;
    if (before.command !== after.command) return `"${before.command}" changed to "${after.command}"`;
    if (before.argument !== after.argument) return differenceOf(before, after);
  }
  return null;
}

function resetSettings(
  types: TypeTable,
  node: NodeState,
  views: { was: MessageView; desiredView: MessageView; formers: Formers },
): MessageChange[] | Replacement {
  const changes: MessageChange[] = [];
  for (const setting of views.was.settings.values()) {
    if (views.desiredView.settings.has(setting.id)) continue;
    const { command: name } = setting.message;
    const command = commandOf(types, node.type, name);
    const initial = views.desiredView.initials.get(setting.id);
    const effect = command?.effect?.(setting.key) ?? null;
    const cause = initial === undefined
      ? effect ?? `setting "${setting.key}" removed`
      : causeOfSetting(types, node.type, { before: setting, after: initial });
    const message = command === null
      ? null
      : initial?.message ?? resetMessage(types, node, { command, setting, formers: views.formers });
    if (command === null || message === null || isTooLate(command, setting, node)) return { cause };
    const resets = initial === undefined ? { resets: { command: name, effect } } : {};
    changes.push({ message, index: initial?.index ?? null, cause, cost: command.cost, ...resets });
  }
  return changes.some((change) => change.cost === "replace") ? { cause: changes[0]?.cause ?? "" } : changes;
}

/** The message that resets a setting; null if there is none. */
function resetMessage(
  types: TypeTable,
  node: NodeState,
  about: { command: Command<unknown, unknown>; setting: Setting; formers: Formers },
): MessageState | null {
  const { command: name } = about.setting.message;
  const argument = resetArgument(node, about);
  if (argument !== null) return { command: name, argument };
  const commands = Object.entries(types.get(node.type)?.commands ?? {});
  const other = commands.find(([, { kind, clears }]) => kind === "action" && clears?.includes(name) === true);
  if (other === undefined) return null;
  // A command that clears a setting by its key has the same argument as the setting.
  return { command: other[0], argument: other[1].args === null ? null : about.setting.message.argument };
}

/** The argument that resets a setting: its earlier value, if that was read, otherwise its type's default. */
function resetArgument(
  { hook }: NodeState,
  { command, setting, formers }: { command: Command<unknown, unknown>; setting: Setting; formers: Formers },
): string | null {
  if (command.args === null || !isKnownKey(command, setting)) return null;
  const previous = Object.hasOwn(formers, setting.id) ? formers[setting.id] : undefined;
  if (previous !== undefined) return previous;
  const initial = command.reset?.(setting.key, hook) ?? null;
  return initial === null ? null : command.args.format(initial);
}

function changeSettings(
  types: TypeTable,
  node: NodeState,
  views: { was: MessageView; desiredView: MessageView },
): MessageChange[] | Replacement {
  const changes: MessageChange[] = [];
  for (const setting of views.desiredView.settings.values()) {
    const before = views.was.settings.get(setting.id);
    if (before !== undefined && formatMessage(before.message) === formatMessage(setting.message)) continue;
    const command = commandOf(types, node.type, setting.message.command);
    const previous = before ?? views.was.initials.get(setting.id);
    const cause = causeOfSetting(types, node.type, { before: previous, after: setting });
    if (command === null || command.cost === "replace" || isTooLate(command, setting, node)) return { cause };
    changes.push({ message: setting.message, index: setting.index, cause, cost: command.cost });
  }
  return changes;
}

/** True when a message that it must precede is one of the node's. */
function isTooLate(command: Command<unknown, unknown>, setting: Setting, node: NodeState): boolean {
  const late = [command.before, command.precedes?.(setting.key)];
  return node.messages.some((message) => late.includes(message.command));
}

function causeOfSetting(
  types: TypeTable,
  type: string,
  setting: { before: Setting | undefined; after: Setting },
): string {
  const { before, after } = setting;
  if (before === undefined) return `setting "${after.key}" added`;
  const fields = after.id === after.message.command ? changedFields(types, type, before.message, after.message) : [];
  const [field = after.key, second] = fields;
  if (second !== undefined) return `settings ${fields.map((one) => `"${one}"`).join(", ")} changed`;
  const [was, desiredView] = [before, after].map(({ message }) => valueOfField(message.argument, field));
  const values = was === undefined || desiredView === undefined ? "" : ` from ${was} to ${desiredView}`;
  return `setting "${field}" changed${values.length <= MAX_VALUES ? values : ""}`;
}

/** The longest values of a setting that are shown: the message has the new one. */
const MAX_VALUES = 60;

/** The text of a field whose value is one word; undefined for any other. */
function valueOfField(argument: string | null, field: string): string | undefined {
  const name = field.slice(field.lastIndexOf(".") + 1);
  const found = [...(argument ?? "").matchAll(/([\w-]+)=([^\s{}[\]"=]+)(?= )/g)].find((one) => one[1] === name);
  return found?.[2];
}

/** The fields in which two arguments differ, where arguments have fields. */
function changedFields(types: TypeTable, type: string, before: MessageState, after: MessageState): readonly string[] {
  const command = commandOf(types, type, after.command);
  if (command === null) return [];
  const was = fieldsOf(tryParseArgument(command, before));
  const desiredView = fieldsOf(tryParseArgument(command, after));
  if (was === null || desiredView === null) return [];
  return [...new Set([...was.keys(), ...desiredView.keys()])].filter((key) => was.get(key) !== desiredView.get(key));
}

function fieldsOf(value: unknown): ReadonlyMap<string, string> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value).map(([key, field]) => [key, textOf(field)]));
}

/** A value as text that is equal for equal values; including bigints, which JSON lacks. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => typeof part === "bigint" ? `${part}n` : part) ?? "undefined";
}
