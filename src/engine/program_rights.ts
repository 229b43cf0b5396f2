/**
 * The right to start programs: a topology with such a node can do everything that the engine can do. A source that the
 * engine follows, or that comes from the network, may start only the programs that the engine was started with.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import type { RequestedTopology } from "../api/operations/apply.ts";
import { NetgraphError } from "../errors.ts";
import type { GraphState, MessageState, NodeState } from "../graph/data/state.ts";
import { EXEC_COMMANDS, type ProgramArgs } from "../nodes/exec/exec_commands.ts";

/** The types of node that start programs, and the message that names the program. */
const STARTING: Readonly<Record<string, string>> = { exec: "setprogram" };

/** Variables by which the loader of programs runs other code than that of the program. */
const LOADER_VARIABLE = /^(LD_|GLIBC_TUNABLES$)/;

/** The rights of a request. */
export interface ProgramRights {
  /** The programs that any source may start. */
  readonly allowed: readonly string[];
  /** True for a request of a source that the engine follows. */
  readonly followed: boolean;
  /** Whether the host may start a program. */
  readonly mayRun: (path: string) => boolean;
}

/**
 * Checks the programs of topologies.
 *
 * @throws NetgraphError EPERM for a program that their source may not start; ENOTCAPABLE for one that Deno may not start
 */
export function requireProgramRights(topologies: readonly RequestedTopology[], rights: ProgramRights): void {
  for (const { state, source } of topologies) {
    const isTrusted = !rights.followed && source.kind !== "git" && source.kind !== "url";
    for (const { node, message } of startsOf(state)) {
      const why = isTrusted ? null : refusal(message, rights.allowed);
      if (why !== null) {
        const text =
          `Cannot apply "${state.name}": node "${node}" ${why}; a source that is followed, or read from the ` +
          "network, may only start programs of apply --allow-exec PATH";
        throw new NetgraphError("EPERM", text);
      }
      const path = literalPath(argsOf(message));
      if (path === null || rights.mayRun(path)) continue;
      const text = `Cannot apply "${state.name}": node "${node}" starts "${path}", and Deno was started without ` +
        `--allow-run=${path}; an engine with --runtime posix does not need it`;
      throw new NetgraphError("ENOTCAPABLE", text);
    }
  }
}

/** The paths of the programs of a topology; null for one that is not known before it runs. */
export function programsOf(state: GraphState): readonly (string | null)[] {
  return startsOf(state).map(({ message }) => literalPath(argsOf(message)));
}

function startsOf(
  { nodes, templates }: GraphState,
): readonly { readonly node: string; readonly message: MessageState }[] {
  const all: readonly (readonly [string, NodeState])[] = [
    ...nodes.map((node) => [node.name, node] as const),
    ...templates.flatMap(({ name, nodes }) => nodes.map((node) => [`${name}/${node.name}`, node] as const)),
  ];
  return all.flatMap(([node, { type, messages }]) => {
    return messages.filter(({ command }) => command === STARTING[type]).map((message) => ({ node, message }));
  });
}

function refusal(message: MessageState, allowed: readonly string[]): string | null {
  const args = argsOf(message);
  const path = literalPath(args);
  if (args === null || path === null) return "starts a program whose path is not known before it runs";
  if (!allowed.includes(path)) return `starts "${path}"`;
  const variable = Object.keys(args.env ?? {}).find((name) => LOADER_VARIABLE.test(name));
  return variable === undefined ? null : `sets ${variable} for "${path}"`;
}

function literalPath(args: ProgramArgs | null): string | null {
  return args === null || args.path.includes("${") ? null : args.path;
}

function argsOf({ argument }: MessageState): ProgramArgs | null {
  const { args } = EXEC_COMMANDS.setprogram;
  if (args === null || argument === null) return null;
  try {
    return parseText(args, argument);
  } catch {
    return null; // A reference to a reply stands where a value is expected: it is not known yet.
  }
}
