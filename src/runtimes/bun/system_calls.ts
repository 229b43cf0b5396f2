/**
 * What Bun has no call for, by the C library: opened when it is first needed, and once in a thread.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { Libc } from "../posix/library.ts";
import { openLibc } from "../posix/open_library.ts";
import type { System } from "../posix/system.ts";
import { knownSystem } from "../posix/this_system.ts";

/** Makes calls of the C library available; null on systems that runtime `posix` does not know. */
export function systemCalls<T>(make: (libc: Libc, system: System) => T): () => Promise<T | null> {
  let calls: Promise<T | null> | null = null;
  return () => calls ??= open(make);
}

async function open<T>(make: (libc: Libc, system: System) => T): Promise<T | null> {
  const system = knownSystem();
  if (system === null) return null;
  try {
    return make(await openLibc(system), system);
  } catch (error) {
    if (error instanceof NetgraphError && error.code === "ENOSYS") return null;
    throw error;
  }
}
