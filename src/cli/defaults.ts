/**
 * What commands do where an option is left out, and which variables of the environment are read: help, completion and
 * docs/defaults.md say it from here.
 *
 * @module
 */

import { CONTROL_VARIABLE } from "../api/socket_path.ts";

/** The variable in which `./sockgraph` and the npm command pass their name on. */
export const COMMAND_VARIABLE = "SOCKGRAPH_COMMAND";
/** How long `apply` and `wait` wait. */
export const DEFAULT_WAIT_MS = 30_000;
/** The longest that anything is waited for: ten days. */
export const MAX_WAIT_MS: number = 240 * 3_600_000;
/** How often a Git repository is looked at, and an address on the web that is followed. */
export const REMOTE_INTERVAL_MS = 60_000;
/** How often files that are followed are looked at. */
export const WATCH_INTERVAL_MS = 500;
/** What is followed of a Git repository. */
export const DEFAULT_REF = "main";
/** How many threads there may be: each takes memory, and processors do not become more by them. */
export const MOST_THREADS = 64;

/** A variable of the environment that sockgraph reads. */
export interface Variable {
  readonly name: string;
  /** What it is for. */
  readonly summary: string;
  /** What holds where it is not set. */
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
