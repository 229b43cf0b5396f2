/**
 * Where the control socket is: what the command line says, else `$SOCKGRAPH_CONTROL`, else
 * `$XDG_RUNTIME_DIR/sockgraph.sock`, else a folder of the user's own in the temporary directory.
 *
 * @module
 */

/** What decides the place. */
export interface SocketPlace {
  /** `--control`, null where it was not given. */
  readonly given: string | null;
  /** An environment variable. */
  env(name: string): string | undefined;
  /** The user's number, null where the system has none. */
  readonly uid: number | null;
  /** What a relative path is relative to. */
  readonly cwd: string;
  readonly temporaryDirectory: string;
}

/** The control socket's path. */
export interface SocketPath {
  readonly path: string;
  /** A folder that must be the user's own, mode 0700, and is made where it is missing; null: it is not ours to make. */
  readonly ownDirectory: string | null;
}

/** The variable that names the socket. */
export const CONTROL_VARIABLE = "SOCKGRAPH_CONTROL";

const SOCKET_NAME = "sockgraph.sock";

/** Decides where the control socket is. */
export function controlSocketPath(place: SocketPlace): SocketPath {
  const named = place.given ?? filled(place.env(CONTROL_VARIABLE));
  if (named !== null) return { path: named.startsWith("/") ? named : `${place.cwd}/${named}`, ownDirectory: null };
  const runtimeDirectory = filled(place.env("XDG_RUNTIME_DIR"));
  // The specification wants a relative value to be ignored.
  if (runtimeDirectory?.startsWith("/") === true) {
    return { path: `${runtimeDirectory.replace(/\/+$/, "")}/${SOCKET_NAME}`, ownDirectory: null };
  }
  const directory = `${place.temporaryDirectory.replace(/\/+$/, "")}/sockgraph-${place.uid ?? "user"}`;
  return { path: `${directory}/${SOCKET_NAME}`, ownDirectory: directory };
}

function filled(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
