/**
 * The path of the control socket: that of the command line, otherwise `$SOCKGRAPH_CONTROL`, otherwise
 * `$XDG_RUNTIME_DIR/sockgraph.sock`, otherwise in the user's own folder in the temporary directory.
 *
 * @module
 */

/** The input of the decision. */
export interface SocketPlace {
  /** `--control`; null if absent. */
  readonly given: string | null;
  /** An environment variable. */
  env(name: string): string | undefined;
  /** The user's number, null if the system has none. */
  readonly uid: number | null;
  /** The base of a relative path. */
  readonly cwd: string;
  readonly temporaryDirectory: string;
}

/** The control socket's path. */
export interface SocketPath {
  readonly path: string;
  /**
   * A folder that must belong to the user, with mode 0700, and is created if it is missing; null: we do not create it.
   */
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
  // The specification requires that a relative value is ignored.
  if (runtimeDirectory?.startsWith("/") === true) {
    return { path: `${runtimeDirectory.replace(/\/+$/, "")}/${SOCKET_NAME}`, ownDirectory: null };
  }
  const directory = `${place.temporaryDirectory.replace(/\/+$/, "")}/sockgraph-${place.uid ?? "user"}`;
  return { path: `${directory}/${SOCKET_NAME}`, ownDirectory: directory };
}

function filled(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
