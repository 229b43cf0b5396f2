/**
 * What changes in one node that is there and stays: the messages that bring it along, or the reason why it must be
 * made anew.
 *
 * @module
 */

import type { Command, Cost } from "../../graph/core/command.ts";
import { formatMessage, type MessageState, type NodeState } from "../../graph/data/state.ts";
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

const EQUAL: NodeOutcome = { kind: "equal" };

/** What takes a node's settings back, by the setting's id: arguments in ASCII form. */
export type Formers = Readonly<Record<string, string>>;

/**
 * Compares a node as it is with what it shall be.
 *
 * @param formers what held before its settings were made, as far as it was read
 */
export function compareNodes(
  types: TypeTable,
  nodes: { readonly observed: NodeState; readonly wanted: NodeState },
  formers: Formers = {},
): NodeOutcome {
  const { observed, wanted } = nodes;
  if (observed === wanted) return EQUAL;
  if (observed.type !== wanted.type) {
    return { kind: "replace", cause: `type changed from ${observed.type} to ${wanted.type}` };
  }
  if (observed.hook !== wanted.hook) {
    return { kind: "replace", cause: `hook changed from ${observed.hook ?? "none"} to ${wanted.hook ?? "none"}` };
  }
  const restart = observed.restart !== wanted.restart;
  const changes = sameMessages(observed, wanted) ? [] : compareMessages(types, nodes, formers);
  if (!Array.isArray(changes)) return { kind: "replace", cause: changes.cause };
  if (changes.length === 0 && !restart) return EQUAL;
  return { kind: "update", messages: changes, restart };
}

/** True when the messages are the same, word for word: the common case, told without reading them. */
export function sameMessages(a: Pick<NodeState, "messages">, b: NodeState): boolean {
  return a.messages.length === b.messages.length && a.messages.every((message, index) => {
    const other = b.messages[index];
    return message.command === other?.command && message.argument === other.argument;
  });
}

/** A reason that only a new node satisfies. */
interface Replacement {
  readonly cause: string;
}

function compareMessages(
  types: TypeTable,
  { observed, wanted }: { readonly observed: NodeState; readonly wanted: NodeState },
  formers: Formers,
): MessageChange[] | Replacement {
  const was = viewMessages(types, observed);
  const shall = viewMessages(types, wanted);
  const lifecycle = compareLifecycle(types, wanted.type, { was: was.lifecycle, shall: shall.lifecycle });
  if (!Array.isArray(lifecycle)) return lifecycle;
  const actions = differenceOfLists(was.actions, shall.actions);
  if (actions !== null) return { cause: actions };
  const resets = resetSettings(types, wanted, { was, shall, formers });
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
  const others = shall.filter(({ message }, index) => !sameMessage(message, was[index]?.message));
  const live = was.length <= shall.length && others.every(({ message }) => {
    return commandOf(types, type, message.command)?.cost === "live";
  }) && was.every(({ message }, index) => message.command === shall[index]?.message.command);
  if (!live) return { cause: differenceOfLists(was, shall) ?? "messages changed" };
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
function differenceOfLists(was: readonly PlacedMessage[], shall: readonly PlacedMessage[]): string | null {
  for (let index = 0; index < Math.max(was.length, shall.length); index++) {
    const before = was[index]?.message;
    const after = shall[index]?.message;
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
  views: { was: MessageView; shall: MessageView; formers: Formers },
): MessageChange[] | Replacement {
  const changes: MessageChange[] = [];
  for (const setting of views.was.settings.values()) {
    if (views.shall.settings.has(setting.id)) continue;
    const { command: name } = setting.message;
    const command = commandOf(types, node.type, name);
    const initial = views.shall.initials.get(setting.id);
    const cause = initial === undefined
      ? `setting "${setting.key}" removed`
      : causeOfSetting(types, node.type, { before: setting, after: initial });
    const message = command === null
      ? null
      : initial?.message ?? resetMessage(types, node, { command, setting, formers: views.formers });
    if (command === null || message === null || comesTooLate(command, setting, node)) return { cause };
    changes.push({ message, index: initial?.index ?? null, cause, cost: command.cost });
  }
  return changes.some((change) => change.cost === "replace") ? { cause: changes[0]?.cause ?? "" } : changes;
}

/** The message that takes a setting back; null where none does. */
function resetMessage(
  types: TypeTable,
  node: NodeState,
  about: { command: Command<unknown, unknown>; setting: Setting; formers: Formers },
): MessageState | null {
  const { command: name } = about.setting.message;
  const argument = resetArgument(node, about);
  if (argument !== null) return { command: name, argument };
  const other = Object.entries(types.get(node.type)?.commands ?? {}).find(([, one]) => one.takesBack === name);
  return other === undefined ? null : { command: other[0], argument: null };
}

/** The argument that takes a setting back: what held before it, where that was read, else its type's default. */
function resetArgument(
  { hook }: NodeState,
  { command, setting, formers }: { command: Command<unknown, unknown>; setting: Setting; formers: Formers },
): string | null {
  if (command.args === null || !isKnownKey(command, setting)) return null;
  const former = Object.hasOwn(formers, setting.id) ? formers[setting.id] : undefined;
  if (former !== undefined) return former;
  const initial = command.reset?.(setting.key, hook) ?? null;
  return initial === null ? null : command.args.format(initial);
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
    const former = before ?? views.was.initials.get(setting.id);
    const cause = causeOfSetting(types, node.type, { before: former, after: setting });
    if (command === null || command.cost === "replace" || comesTooLate(command, setting, node)) return { cause };
    changes.push({ message: setting.message, index: setting.index, cause, cost: command.cost });
  }
  return changes;
}

/** True when a message that it must precede is one of the node's. */
function comesTooLate(command: Command<unknown, unknown>, setting: Setting, node: NodeState): boolean {
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
  const [was, shall] = [before, after].map(({ message }) => valueOfField(message.argument, field));
  const values = was === undefined || shall === undefined ? "" : ` from ${was} to ${shall}`;
  return `setting "${field}" changed${values.length <= MAX_VALUES ? values : ""}`;
}

/** How long the two values of a setting may be to be shown: the message has the new one. */
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
