/**
 * The path of the log of an engine in the background: beside an explicit control socket, otherwise
 * `$XDG_STATE_HOME/sockgraph/engine.log`, otherwise beside the default socket.
 *
 * @module
 */

import { CONTROL_VARIABLE } from "../../api/socket_path.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { directoryOf } from "../../sources/path.ts";

/** The variables that make this process an engine in the background. */
export const DETACHED = { log: "SOCKGRAPH_DETACHED_LOG", format: "SOCKGRAPH_DETACHED_FORMAT" } as const;

/** The log's path; its folder is created if it is ours. */
export async function placeLog(
  runtime: Pick<Runtime, "process" | "files">,
  control: { readonly given: string | null; readonly path: string },
): Promise<string> {
  const { process, files } = runtime;
  const named = control.given !== null || (process.env(CONTROL_VARIABLE) ?? "") !== "";
  const state = process.env("XDG_STATE_HOME") ?? "";
  // The specification requires that a relative value is ignored.
  if (named || !state.startsWith("/")) return `${control.path.replace(/\.sock$/, "")}.log`;
  const path = `${state.replace(/\/+$/, "")}/sockgraph/engine.log`;
  await files.makeDirectory(directoryOf(path), { mode: 0o700 });
  return path;
}
