/**
 * exec's control messages.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { dictionary } from "../../ascii/dictionary.ts";
import { duration } from "../../ascii/duration.ts";
import { enumeration, uint32 } from "../../ascii/scalar.ts";
import { optional, required, struct } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Command } from "../../graph/core/command.ts";
import type { ProgramSpec, ProgramStderr } from "../../socket/program.ts";

/** A program, as `setprogram` has it. */
export interface ProgramArgs {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stderr?: ProgramStderr;
  readonly user?: string;
  readonly killAfter?: number;
}

/** - `idle`: not started; `running`; `exited`: with a status; `killed`: by a signal */
export type ProgramState = "idle" | "running" | "exited" | "killed";

/** The reply of `getprogram`. */
export interface ProgramReply {
  readonly path: string;
  readonly state: ProgramState;
  /** 0 while there is none. */
  readonly pid: number;
  readonly status: number;
  readonly signal: string;
}

/** exec's commands, by name. */
export type ExecCommands = {
  readonly setprogram: Command<ProgramArgs, null>;
  readonly getprogram: Command<null, ProgramReply>;
};

/** How long a program may take to end after SIGTERM. */
const KILL_AFTER_MS = 5_000;

/** Where programs are found that a program starts itself. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const program: AsciiType<ProgramArgs> = struct({
  path: required(string, "The absolute path of the program"),
  args: optional(array(string), "Its arguments", { default: [] }),
  env: optional(dictionary(string), "Its environment, beside PATH; it inherits no variable of the engine", {
    default: {},
  }),
  cwd: optional(string, "Its working folder, as an absolute path", { defaultNote: "the folder of the engine" }),
  stderr: optional(
    enumeration<ProgramStderr>({ log: 0, io: 1 }),
    "Where its standard error goes: log (a line of the log for each line), io (with its output)",
    { default: "log" },
  ),
  user: optional(string, "The user whose rights it has: a name or a number; only root can change it", {
    defaultNote: "the user of the engine",
  }),
  killAfter: optional(duration, "How long it may take to end after SIGTERM, before it receives SIGKILL", {
    default: KILL_AFTER_MS,
  }),
});

const states = enumeration<ProgramState>({ idle: 0, running: 1, exited: 2, killed: 3 });

/** exec's commands. */
export const EXEC_COMMANDS: ExecCommands = {
  setprogram: {
    id: 1,
    summary: "Starts a program, once; its standard input and output are the hook",
    args: program,
    reply: null,
    kind: "lifecycle",
    cost: "replace",
    readBack: { query: "getprogram", matches: ({ path }, reply) => hasPath(reply, path) },
  },
  getprogram: {
    id: 2,
    summary: "The program, whether it runs, and how it has ended",
    args: null,
    reply: struct({
      path: required(string),
      state: required(states),
      pid: required(uint32),
      status: required(uint32),
      signal: required(string),
    }),
    kind: "query",
    cost: "live",
  },
};

/** The program that a message names, with its defaults. */
export function programSpec(
  { path, args = [], env = {}, cwd, stderr = "log", user, killAfter = KILL_AFTER_MS }: ProgramArgs,
): ProgramSpec {
  return { path, args, env: { PATH, ...env }, cwd: cwd ?? null, stderr, user: user ?? null, killAfterMs: killAfter };
}

function hasPath(reply: unknown, path: string): boolean | null {
  return typeof reply === "object" && reply !== null && "path" in reply ? reply.path === path : null;
}
