/**
 * Paths relative to the user's working folder, which a task runner passes in `INIT_CWD`.
 *
 * @module
 */

import type { HostProcess } from "../runtimes/runtime.ts";

/** The folder for relative paths: the user's, not the task's. */
export function baseDirectory(process: Pick<HostProcess, "cwd" | "env">): string {
  const initial = process.env("INIT_CWD") ?? "";
  return initial.startsWith("/") ? initial : process.cwd;
}

/** A path in its shortest form from the user's working folder. */
export function displayPath(base: string, path: string): string {
  const prefix = base.endsWith("/") ? base : `${base}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
