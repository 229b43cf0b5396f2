/**
 * The C library of this system, by the foreign function interface of the host.
 *
 * @module
 */

import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/**
 * Opens the C library for this thread.
 *
 * @throws NetgraphError ENOSYS if it is at none of the known paths, ENOTCAPABLE without the permission for FFI
 */
export async function openLibc(system: System): Promise<Libc> {
  if ("Deno" in globalThis) return (await import("./deno_library.ts")).openDenoLibc(system);
  return await (await import("./bun_library.ts")).openBunLibc(system);
}
