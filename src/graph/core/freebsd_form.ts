/**
 * Our messages in the form of FreeBSD's netgraph: for scripts for FreeBSD.
 *
 * @module
 */

import type { MessageState } from "../data/state.ts";

/** A message in FreeBSD's form, or the reason why there is none. */
export type FreebsdMessage = MessageState | { readonly lacks: string };

/** FreeBSD's form of a type's hooks and messages. */
export interface FreebsdForm {
  /** A hook's name. */
  hook(name: string): string;
  /** A message without references. */
  message(message: MessageState): FreebsdMessage;
  /** A message of a FreeBSD script, in our shorter form. */
  read(message: MessageState): MessageState;
  /** The n-th name of a hook that no link uses, for a node with hooks of these names in order; null: any name. */
  spare(hooks: readonly string[]): ((number: number) => string) | null;
}

/** Converts the arguments of one command. */
export type ConvertArgument = (argument: string | null) => FreebsdMessage;

/**
 * A type whose hooks are FreeBSD's, and so are its messages except our own, whose numbers begin at 1000.
 *
 * @param options `hook`: the name of a hook there; `convert`: commands whose arguments are different there; `read`:
 * forms that are longer there; `spare`: the hook by which a node can be created there without changing its identity
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
