/**
 * Detects the host of the program.
 *
 * @module
 */

import type { Runtime } from "./runtime.ts";

/**
 * The runtime of the host that runs this program; only its files are loaded.
 *
 * @example
 * ```ts
 * import { detectRuntime } from "@sockgraph/sockgraph";
 *
 * const { socketRuntimes } = await detectRuntime();
 * console.log(socketRuntimes.includes("memory")); // true
 * ```
 */
export async function detectRuntime(): Promise<Runtime> {
  if (Reflect.has(globalThis, "Bun")) return (await import("./bun.ts")).bunRuntime;
  if (Reflect.has(globalThis, "Deno")) return (await import("./deno.ts")).denoRuntime;
  throw new TypeError("Cannot run here: wanted Deno or Bun");
}
