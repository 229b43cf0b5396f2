/**
 * The completions of a word of ngctl: commands, nodes, hooks along a path, types, and the messages of a node.
 *
 * @module
 */

import type { SessionNode } from "../../../graph/session/session.ts";
import type { Completion } from "../../../runtimes/runtime.ts";
import { COMMAND_NAMES, COMMANDS, matchCommand } from "./commands.ts";

/** A type of node. */
export interface CompletedType {
  readonly name: string;
  /** The messages of its nodes, including generic ones. */
  readonly messages: readonly string[];
  /** Hooks that have just these names. */
  readonly hooks: readonly string[];
}

/** The known names. */
export interface CompletedWorld {
  readonly nodes: readonly SessionNode[];
  /** Our own node, `[1f]`, the start of relative paths. */
  readonly own: string;
  readonly types: readonly CompletedType[];
}

type Find = (words: readonly string[], world: CompletedWorld) => readonly string[];

/** The possible last words of a command. */
const ARGUMENTS: Readonly<Partial<Record<string, Find>>> = {
  config: first(pathsFor),
  connect: (words, world) => words.length <= 2 ? pathsFor(words, world) : [],
  help: first(() => closed(COMMAND_NAMES)),
  mkpeer: peers,
  msg: (words, world) => words.length === 1 ? pathsFor(words, world) : words.length === 2 ? messages(words, world) : [],
  name: first(pathsFor),
  rmhook: (words, world) => {
    if (words.length === 1) return pathsFor(words, world);
    return words.length === 2 ? hooksOf(follow(words[0] ?? "", world)) : [];
  },
  show: first(pathsFor),
  shutdown: first(pathsFor),
  status: first(pathsFor),
  write: first((_words, world) => closed(hooksOf(ownNode(world)))),
};

/** The completions of the last word of a line. Words that would need quotes are omitted. */
export function complete(line: string, world: CompletedWorld): Completion {
  const [command = "", ...rest] = line.trimStart().split(/\s+/);
  const word = rest.at(-1) ?? command;
  const match = rest.length === 0 ? null : matchCommand(command);
  const all = match === null
    ? commandsFor(word)
    : match.kind === "found"
    ? ARGUMENTS[match.command]?.(rest.filter((one) => !one.startsWith("-")), world) ?? []
    : [];
  const candidates = all.filter((one) => one.startsWith(word) && !/["\s]/.test(one.trimEnd()));
  return { candidates: [...new Set(candidates)], word };
}

/** Names first: an alias is suggested only after its first letters. */
function commandsFor(word: string): readonly string[] {
  const names = COMMAND_NAMES.filter((name) => name.startsWith(word));
  return closed(names.length > 0 ? names : COMMAND_NAMES.flatMap((name) => COMMANDS[name].aliases));
}

/** `mkpeer [path] type hook peerhook` */
function peers(words: readonly string[], world: CompletedWorld): readonly string[] {
  const types = closed(world.types.map(({ name }) => name));
  if (words.length === 1) return [...pathsFor(words, world), ...types];
  const at = words.slice(0, 2).findIndex((word) => world.types.some(({ name }) => name === word));
  if (at < 0) return words.length === 2 ? types : [];
  const type = world.types.find(({ name }) => name === words[at]);
  return words.length === at + 3 ? type?.hooks ?? [] : [];
}

function messages([path = ""]: readonly string[], world: CompletedWorld): readonly string[] {
  const node = follow(path, world);
  return closed(world.types.find(({ name }) => name === node?.type)?.messages ?? []);
}

function pathsFor(words: readonly string[], world: CompletedWorld): readonly string[] {
  const word = words.at(-1) ?? "";
  const before = /^(?:[^:]*:)?(?:[^.]*\.)*/.exec(word)?.[0] ?? "";
  const hooks = hooksOf(follow(before, world)).map((hook) => before + hook);
  return before === "" ? [...world.nodes.map(addressOf), ...hooks] : hooks;
}

/** The node at a path; undefined if it leads nowhere. */
function follow(path: string, world: CompletedWorld): SessionNode | undefined {
  const colon = path.indexOf(":");
  const start = path.slice(0, colon + 1);
  let here = start === "" || start === ".:" ? ownNode(world) : world.nodes.find((node) => addressOf(node) === start);
  for (const hook of path.slice(colon + 1).split(".").filter((one) => one !== "")) {
    const peer = here?.hooks.find(({ name }) => name === hook)?.peer;
    here = world.nodes.find(({ id }) => id === peer?.id);
  }
  return here;
}

function ownNode({ nodes, own }: CompletedWorld): SessionNode | undefined {
  return nodes.find((node) => idOf(node) === own);
}

function addressOf(node: SessionNode): string {
  return `${node.name ?? idOf(node)}:`;
}

function idOf({ id }: SessionNode): string {
  return `[${id.toString(16)}]`;
}

/** Hooks whose names have dots or colons cannot be reached by a path. */
function hooksOf(node: SessionNode | undefined): readonly string[] {
  return node?.hooks.map(({ name }) => name).filter((name) => !/[.:]/.test(name)) ?? [];
}

function first(find: Find): Find {
  return (words, world) => words.length === 1 ? find(words, world) : [];
}

/** Words that nothing is added to. */
function closed(words: readonly string[]): readonly string[] {
  return words.map((word) => `${word} `);
}
