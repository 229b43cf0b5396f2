/**
 * How FreeBSD's netgraph has what our nodes are told: for scripts that go there.
 *
 * @module
 */

import type { MessageState } from "../data/state.ts";

/** A message as FreeBSD has it, or why it has none. */
export type FreebsdMessage = MessageState | { readonly lacks: string };

/** How a type's hooks and messages are written there. */
export interface FreebsdForm {
  /** A hook's name. */
  hook(name: string): string;
  /** A message without references. */
  message(message: MessageState): FreebsdMessage;
  /** A message of a script from there, as short as it is here. */
  read(message: MessageState): MessageState;
  /** The n-th name of a hook that no link needs, for a node with hooks of these names in order; null: any will do. */
  spare(hooks: readonly string[]): ((number: number) => string) | null;
}

/** Converts the arguments of one command. */
export type ConvertArgument = (argument: string | null) => FreebsdMessage;

/**
 * A type whose hooks are FreeBSD's, and whose messages are but for those that are ours, whose numbers begin at 1000.
 *
 * @param options `hook`: how a hook is called there; `convert`: commands whose arguments are written otherwise there;
 * `read`: what is longer there than here; `spare`: by which hook a node can be made there without becoming another one
 */
export function kernelForm(
  options: {
    readonly convert?: Readonly<Record<string, ConvertArgument>>;
    readonly hook?: (name: string) => string;
    readonly read?: FreebsdForm["read"];
    readonly spare?: FreebsdForm["spare"];
  } = {},
): FreebsdForm {
  const { convert = {}, hook = (name) => name, read = (message) => message, spare = () => null } = options;
  return { hook, read, spare, message: (message) => convert[message.command]?.(message.argument) ?? message };
}
