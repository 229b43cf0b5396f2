/**
 * The C library of this system, by whichever foreign function interface there is.
 *
 * @module
 */

import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/**
 * Opens the C library for this thread.
 *
 * @throws NetgraphError ENOSYS when none of the system's places has it, ENOTCAPABLE without the permission for FFI
 */
export async function openLibc(system: System): Promise<Libc> {
  if ("Deno" in globalThis) return (await import("./deno_library.ts")).openDenoLibc(system);
  return await (await import("./bun_library.ts")).openBunLibc(system);
}
