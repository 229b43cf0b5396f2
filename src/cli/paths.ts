/**
 * Paths as people mean them: relative to where they stand, which a task runner hides behind `INIT_CWD`.
 *
 * @module
 */

import type { HostProcess } from "../runtimes/runtime.ts";

/** The folder that relative paths are taken from: the person's, not the task's. */
export function baseDirectory(process: Pick<HostProcess, "cwd" | "env">): string {
  const initial = process.env("INIT_CWD") ?? "";
  return initial.startsWith("/") ? initial : process.cwd;
}

/** A path as short as it can be from where the person stands. */
export function displayPath(base: string, path: string): string {
  const prefix = base.endsWith("/") ? base : `${base}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
