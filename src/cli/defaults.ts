/**
 * The defaults of options, and the environment variables: the source for help, completion and docs/defaults.md.
 *
 * @module
 */

import { CONTROL_VARIABLE } from "../api/socket_path.ts";

/** The variable in which `./sockgraph` and the npm command pass their name on. */
export const COMMAND_VARIABLE = "SOCKGRAPH_COMMAND";
/** The time limit of `apply` and `wait`. */
export const DEFAULT_WAIT_MS = 30_000;
/** The longest that anything is waited for: ten days. */
export const MAX_WAIT_MS: number = 240 * 3_600_000;
/** The interval of checks of a Git repository, and of a followed address on the web. */
export const REMOTE_INTERVAL_MS = 60_000;
/** The interval of checks of followed files. */
export const WATCH_INTERVAL_MS = 500;
/** The followed branch of a Git repository. */
export const DEFAULT_REF = "main";
/** The limit of threads: each needs memory, and more threads than processors are useless. */
export const MAX_THREADS = 64;

/** A variable of the environment that sockgraph reads. */
export interface Variable {
  readonly name: string;
  /** Its purpose. */
  readonly summary: string;
  /** Its default. */
  readonly otherwise: string;
  /** True where `doctor` shows it. */
  readonly shown?: true;
}

/** All variables that are read, apart from those that topologies name themselves. */
export const ENVIRONMENT: readonly Variable[] = [
  {
    name: "NO_COLOR",
    summary: "Print without colours if it is not empty; TERM=dumb does the same",
    otherwise: "colours on a terminal",
    shown: true,
  },
  {
    name: CONTROL_VARIABLE,
    summary: "The engine's control socket, as --control",
    otherwise: "$XDG_RUNTIME_DIR/sockgraph.sock",
    shown: true,
  },
  {
    name: "XDG_RUNTIME_DIR",
    summary: "The folder of the control socket",
    otherwise: "sockgraph-UID in the temporary directory",
    shown: true,
  },
  {
    name: "XDG_STATE_HOME",
    summary: "The folder of the log of an engine in the background, sockgraph/engine.log in it",
    otherwise: "the folder of the control socket",
  },
  { name: "TMPDIR", summary: "The temporary directory; so are TMP and TEMP", otherwise: "/tmp" },
  { name: "TERM", summary: "No colours if it is dumb", otherwise: "colours on a terminal" },
  {
    name: "INIT_CWD",
    summary: "The folder that relative paths are taken from, as npm and deno task set it",
    otherwise: "the working directory",
  },
  {
    name: "NOTIFY_SOCKET",
    summary: "The socket on which the engine reports to systemd that it is ready; systemd sets it",
    otherwise: "nothing is reported",
  },
  {
    name: COMMAND_VARIABLE,
    summary: "The command that messages name, as ./sockgraph and the npm command set it",
    otherwise: "sockgraph",
  },
  {
    name: "SOCKGRAPH_DEBUG",
    summary: "Show the stack of an unexpected error if it is not empty",
    otherwise: "off",
  },
];
