/**
 * ngctl's commands by their names, as people may shorten them: any prefix, in any case, of a name or an alias that
 * leaves one command.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";

/** What is known of a command. */
interface CommandFacts {
  readonly aliases: readonly string[];
  /** What may follow the name. */
  readonly usage: string;
  readonly summary: string;
}

/** The commands. */
export const COMMANDS = {
  config: { aliases: [], usage: "path [arguments]", summary: "Get or set the configuration of a node" },
  connect: { aliases: ["join"], usage: "[path] relpath hook peerhook", summary: "Join two nodes" },
  debug: { aliases: [], usage: "[level | + | -]", summary: "Get or set the debug level" },
  dot: { aliases: ["graphviz", "confdot"], usage: "[-c] [outputfile]", summary: "Print the graph for Graphviz" },
  help: { aliases: ["?"], usage: "[command]", summary: "Tell of all commands, or more of one" },
  list: { aliases: ["ls"], usage: "[-ln]", summary: "List all nodes" },
  mkpeer: { aliases: [], usage: "[path] type hook peerhook", summary: "Make a node and join it to another one" },
  msg: { aliases: ["cmd"], usage: "path command [args ...]", summary: "Send a control message" },
  name: { aliases: [], usage: "path name", summary: "Name a node" },
  read: { aliases: ["source", "."], usage: "filename", summary: "Read and carry out a file of commands" },
  rmhook: { aliases: ["disconnect"], usage: "[path] hook", summary: "Take a hook away" },
  show: { aliases: ["inquire", "info"], usage: "[-n] path", summary: "Show a node and its hooks" },
  shutdown: { aliases: ["kill", "rmnode"], usage: "path", summary: "Shut a node down" },
  status: { aliases: [], usage: "path", summary: "Show the status of a node" },
  types: { aliases: [], usage: "", summary: "List the node types" },
  write: { aliases: ["w"], usage: "hook < -f file | byte ... >", summary: "Send data by a hook of our own node" },
  quit: { aliases: ["exit"], usage: "", summary: "End" },
} as const satisfies Record<string, CommandFacts>;

/** A command by its full name. */
export type CommandName = keyof typeof COMMANDS;

/** What a word stands for. */
export type Match =
  | { readonly kind: "found"; readonly command: CommandName }
  | { readonly kind: "unknown" }
  /** The commands that it may mean. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly CommandName[] };

/** All commands, in the order in which help lists them. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** Finds the command that a word means. */
export function matchCommand(word: string): Match {
  const wanted = word.toLowerCase();
  const candidates = COMMAND_NAMES.filter((name) => {
    return [name, ...COMMANDS[name].aliases].some((one) => one.startsWith(wanted));
  });
  const [command] = candidates;
  if (command === undefined) return { kind: "unknown" };
  return candidates.length === 1 ? { kind: "found", command } : { kind: "ambiguous", candidates };
}

/** What an unknown word may have been meant for; empty where nothing is near. */
export function unknownHint(word: string): string {
  const hint = nearHint(word.toLowerCase(), COMMAND_NAMES.flatMap((name) => [name, ...COMMANDS[name].aliases]));
  return hint === null ? "" : `; ${hint}`;
}

/** How a command is used, in one line. */
export function usageOf(name: CommandName): string {
  return `usage: ${[name, COMMANDS[name].usage].join(" ").trimEnd()}`;
}

/** What `help` prints: all commands, or one of them. */
export function helpLines(name: CommandName | null): readonly string[] {
  if (name === null) {
    const rows = COMMAND_NAMES.map((one) => `  ${one.padEnd(10)} ${COMMANDS[one].summary}`);
    return ["Available commands:", ...rows];
  }
  const { aliases, summary, usage } = COMMANDS[name];
  const also = aliases.length === 0 ? [] : [`Aliases:  ${aliases.join(", ")}`];
  return [`usage:    ${[name, usage].join(" ").trimEnd()}`, ...also, `Summary:  ${summary}`];
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
