/**
 * Deno's permissions.
 *
 * @module
 */

import type { HostPermission } from "../runtime.ts";

const NAMES = ["net", "read", "write", "env", "sys", "run", "ffi"] as const;

/** The permissions of Deno that this process has. */
export function denoPermissions(): readonly HostPermission[] {
  return NAMES.map((name) => ({ name, state: stateOf(name) }));
}

/** Whether a thread may be started from a module, without a prompt at the terminal. */
export function mayLoad(module: URL): boolean {
  const descriptor = module.protocol === "file:"
    ? { name: "read", path: module } as const
    : { name: "import", host: module.host } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Whether a program may be started, without a prompt at the terminal. */
export function mayRun(path: string): boolean {
  return Deno.permissions.querySync({ name: "run", command: path }).state === "granted";
}

function stateOf(name: (typeof NAMES)[number]): HostPermission["state"] {
  // A permission that is granted except for some names counts as granted (a program that may be run may not be
  // written). For one that is granted only for some names, Deno 2.9.6 answers "prompt", as for one that is not granted.
  return Deno.permissions.querySync({ name }).state === "granted" ? "granted" : "limited";
}
