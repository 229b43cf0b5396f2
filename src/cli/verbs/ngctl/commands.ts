/**
 * ngctl's commands by their names, as people may shorten them: any prefix, in any case, of a name or an alias that
 * leaves one command.
 *
 * @module
 */

import { nearHint } from "../../../ascii/near.ts";
import type { Strictness } from "./words.ts";

/** The usage of ngctl(8) itself. */
export const STRICT_USAGE = "usage: ngctl [-j jail] [-d] [-f filename] [-n nodename] [command [argument ...]]";

/** ngctl's limit of a description's width. */
const DESCRIPTION_COLUMNS = 63;

/** The facts about a command. */
interface CommandFacts {
  readonly aliases: readonly string[];
  /** The arguments. */
  readonly usage: string;
  readonly summary: string;
  /** The text of ngctl(8) itself, for `--strict`. */
  readonly ngctl: {
    /** The arguments, if ngctl writes them differently. */
    readonly usage?: string;
    readonly summary: string;
    readonly description?: string;
  };
}

const DEFAULT_PATH = 'If "path" is omitted then "." is assumed.';

/** The commands. */
export const COMMANDS = {
  config: {
    aliases: [],
    usage: "path [arguments]",
    summary: "Get or set the configuration of a node",
    ngctl: { usage: "<path> [arguments]", summary: "get or set configuration of node at <path>" },
  },
  connect: {
    aliases: ["join"],
    usage: "[path] relpath hook peerhook",
    summary: "Join two nodes",
    ngctl: {
      usage: "[path] <relpath> <hook> <peerhook>",
      summary: "Connects hook <peerhook> of the node at <relpath> to <hook>",
      description: 'The connect command creates a link between the two nodes at "path" and "relpath" using hooks ' +
        '"hook" and "peerhook", respectively. The "relpath", if not absolute, is specified relative to the node at ' +
        `"path". ${DEFAULT_PATH}`,
    },
  },
  debug: {
    aliases: [],
    usage: "[level | + | -]",
    summary: "Get or set the debug level",
    ngctl: {
      usage: "[level]",
      summary: "Get/set debugging verbosity level",
      description: "Without any argument, this command displays the current debugging verbosity level. If the " +
        "argument is ``+'' or ``-'' the debug level is incremented or decremented; otherwise, it must be an absolute " +
        "numerical level.",
    },
  },
  dot: {
    aliases: ["graphviz", "confdot"],
    usage: "[-c] [outputfile]",
    summary: "Print the graph for Graphviz",
    ngctl: {
      summary: "Produce a GraphViz (.dot) of the entire netgraph.",
      description:
        "If no outputfile is specified, stdout will be assumed. The optional -c argument generates a graph " +
        "without separate structures for edge names. Such a graph is more compact.",
    },
  },
  help: {
    aliases: ["?"],
    usage: "[command]",
    summary: "List the commands, or show one in detail",
    ngctl: { summary: "Show command summary or get more help on a specific command" },
  },
  list: {
    aliases: ["ls"],
    usage: "[-ln]",
    summary: "List all nodes",
    ngctl: {
      summary: "Show information about all nodes",
      description:
        "The list command shows information about every node that currently exists in the netgraph system. " +
        "The optional -n argument limits this list to only those nodes with a global name assignment. The optional -l " +
        "argument provides verbose output that includes hook information as well.",
    },
  },
  mkpeer: {
    aliases: [],
    usage: "[path] type hook peerhook",
    summary: "Make a node and join it to another one",
    ngctl: {
      usage: "[path] <type> <hook> <peerhook>",
      summary: 'Create and connect a new node to the node at "path"',
      description: 'The mkpeer command atomically creates a new node of type "type" and connects it to the node at ' +
        '"path". The hooks used for the connection are "hook" on the original node and "peerhook" on the new node. ' +
        DEFAULT_PATH,
    },
  },
  msg: {
    aliases: ["cmd"],
    usage: "path command [args ...]",
    summary: "Send a control message",
    ngctl: {
      usage: "path command [args ... ]",
      summary: 'Send a netgraph control message to the node at "path"',
      description: "The msg command constructs a netgraph control message from the command name and ASCII arguments " +
        "(if any) and sends that message to the node.  It does this by first asking the node to convert the ASCII " +
        "message into binary format, and resending the result.",
    },
  },
  name: {
    aliases: [],
    usage: "path name",
    summary: "Name a node",
    ngctl: { usage: "<path> <name>", summary: "Assign name <name> to the node at <path>" },
  },
  read: {
    aliases: ["source", "."],
    usage: "filename",
    summary: "Read and execute commands from a file",
    ngctl: { usage: "<filename>", summary: "Read and execute commands from a file" },
  },
  rmhook: {
    aliases: ["disconnect"],
    usage: "[path] hook",
    summary: "Remove a hook",
    ngctl: {
      usage: "[path] <hook>",
      summary: 'Disconnect hook "hook" of the node at "path"',
      description: 'The rmhook command forces the node at "path" to break the link formed by its hook "hook", if ' +
        `connected. ${DEFAULT_PATH}`,
    },
  },
  show: {
    aliases: ["inquire", "info"],
    usage: "[-n] path",
    summary: "Show a node and its hooks",
    ngctl: {
      usage: "[-n] <path>",
      summary: "Show information about the node at <path>",
      description: "If the -n flag is given, hooks are not listed.",
    },
  },
  shutdown: {
    aliases: ["kill", "rmnode"],
    usage: "path",
    summary: "Shut down a node",
    ngctl: { usage: "<path>", summary: "Shutdown the node at <path>" },
  },
  status: {
    aliases: [],
    usage: "path",
    summary: "Show the status of a node",
    ngctl: { usage: "<path>", summary: "Get human readable status information from the node at <path>" },
  },
  types: {
    aliases: [],
    usage: "",
    summary: "List the node types",
    ngctl: { summary: "Show information about all installed node types" },
  },
  write: {
    aliases: ["w"],
    usage: "hook < -f file | byte ... >",
    summary: "Send data through a hook of this program's own node",
    ngctl: {
      summary: 'Send a data packet down the hook named by "hook".',
      description:
        "The data may be contained in a file, or may be described directly on the command line by supplying " +
        "a sequence of bytes.",
    },
  },
  quit: { aliases: ["exit"], usage: "", summary: "Exit", ngctl: { summary: "Exit program" } },
} as const satisfies Record<string, CommandFacts>;

/** A command by its full name. */
export type CommandName = keyof typeof COMMANDS;

/** The kind of a word. */
export type Match =
  | { readonly kind: "found"; readonly command: CommandName }
  | { readonly kind: "unknown" }
  /** The commands that it may mean. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly CommandName[] };

/** All commands, in the order in which help lists them. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** Finds the command that a word means. */
export function matchCommand(word: string): Match {
  const desired = word.toLowerCase();
  const candidates = COMMAND_NAMES.filter((name) => {
    return [name, ...COMMANDS[name].aliases].some((one) => one.startsWith(desired));
  });
  const [command] = candidates;
  if (command === undefined) return { kind: "unknown" };
  return candidates.length === 1 ? { kind: "found", command } : { kind: "ambiguous", candidates };
}

/** Suggestions for an unknown word; empty if nothing is similar. */
export function unknownHint(word: string): string {
  const hint = nearHint(word.toLowerCase(), COMMAND_NAMES.flatMap((name) => [name, ...COMMANDS[name].aliases]));
  return hint === null ? "" : `; ${hint}`;
}

/** The usage of a command, in one line. */
export function usageOf(name: CommandName, { strict }: Strictness): string {
  return `usage: ${syntaxOf(name, strict)}`;
}

/** The output of `help`: all commands, or one of them. */
export function helpLines(name: CommandName | null, { strict }: Strictness): readonly string[] {
  if (name === null) {
    const rows = COMMAND_NAMES.map((one) => {
      return `  ${one.padEnd(10)} ${strict ? COMMANDS[one].ngctl.summary : COMMANDS[one].summary}`;
    });
    return ["Available commands:", ...rows];
  }
  const facts: CommandFacts = COMMANDS[name];
  const also = facts.aliases.length === 0 ? [] : [`Aliases:  ${facts.aliases.join(", ")}`];
  const { summary, description } = strict ? facts.ngctl : { summary: facts.summary, description: undefined };
  const more = description === undefined ? [] : ["Description:", ...wrapDescription(description)];
  return [`usage:    ${syntaxOf(name, strict)}`, ...also, `Summary:  ${summary}`, ...more];
}

function syntaxOf(name: CommandName, strict: boolean): string {
  const facts: CommandFacts = COMMANDS[name];
  return [name, strict ? facts.ngctl.usage ?? facts.usage : facts.usage].join(" ").trimEnd();
}

/** Breaks at the last blank that leaves at most 63 characters, as ngctl does: further blanks stay where they are. */
function wrapDescription(text: string): string[] {
  const lines: string[] = [];
  for (let rest = text.trimStart(); rest !== "";) {
    let length = Math.min(rest.length, DESCRIPTION_COLUMNS);
    while (length > 0 && length < rest.length && !/[ \t]/.test(rest.charAt(length))) length--;
    lines.push(`  ${rest.slice(0, length)}`);
    rest = rest.slice(length).trimStart();
  }
  return lines;
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
