/**
 * The value before a setting was first set, read at that moment: the setting returns to it when it is removed.
 *
 * @module
 */

import type { Command } from "../core/command.ts";
import type { Node } from "../core/node.ts";
import type { MessageState } from "../data/state.ts";

/** A setting's name within its node: the command, and the command's own key if it has any. */
export function settingId(command: string, key: string | null): string {
  return key === null ? command : `${command} ${key}`;
}

/** Reads the current value, for every value that `prepared` is the first to set. */
export function captureResetValue(
  node: Node,
  prepared: { readonly message: MessageState; readonly command: Command<unknown, unknown>; readonly args: unknown },
  ask: (question: MessageState) => unknown,
): void {
  const { message, command, args } = prepared;
  const { restore, readBack, args: type } = command;
  if (restore === undefined || type === null) return;
  const entries = command.entries?.(args) ?? [{ key: null, args }];
  for (const entry of entries) {
    const id = settingId(message.command, entry.key);
    if (node.formers?.has(id) === true) continue;
    const before = readBack === undefined ? undefined : ask({
      command: readBack.query,
      argument: readBack.argument?.(entry.args) ?? null,
    });
    const resetArgs = restore(entry.args, before);
    if (resetArgs !== null) node.formers = new Map(node.formers).set(id, type.format(resetArgs));
  }
}
