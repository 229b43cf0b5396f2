/**
 * Calls that Bun does not have, by the C library: opened on first use, and once per thread.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { Libc } from "../posix/library.ts";
import { openLibc } from "../posix/open_library.ts";
import type { System } from "../posix/system.ts";
import { knownSystem } from "../posix/this_system.ts";

/** Opens calls of the C library; null on systems that runtime `posix` does not support. */
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
