/**
 * Deno's permissions.
 *
 * @module
 */

import type { HostPermission } from "../runtime.ts";

const NAMES = ["net", "read", "write", "env", "sys", "run", "ffi"] as const;

/** Which of Deno's permissions this process has. */
export function denoPermissions(): readonly HostPermission[] {
  return NAMES.map((name) => ({ name, state: stateOf(name) }));
}

/** Whether a thread may be started from a module, without a question to the person at the terminal. */
export function mayLoad(module: URL): boolean {
  const descriptor = module.protocol === "file:"
    ? { name: "read", path: module } as const
    : { name: "import", host: module.host } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function stateOf(name: (typeof NAMES)[number]): HostPermission["state"] {
  // What is granted but for some names (a program that may be run may not be written) counts as granted. Deno 2.9.6
  // answers "prompt" for what is granted for some names: nobody can tell it from none.
  return Deno.permissions.querySync({ name }).state === "granted" ? "granted" : "limited";
}
