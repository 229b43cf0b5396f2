/**
 * The tables of the systems that runtime `posix` supports.
 *
 * @module
 */

import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { LINUX_ARM64 } from "./linux_arm64.ts";
import { LINUX_X86_64 } from "./linux_x86_64.ts";
import type { System } from "./system.ts";

const SYSTEMS: Readonly<Record<string, System>> = {
  "linux/x64": LINUX_X86_64,
  "linux/arm64": LINUX_ARM64,
};

/** The system that this program runs on, or null if runtime `posix` does not support it. */
export function knownSystem(): System | null {
  return SYSTEMS[`${process.platform}/${process.arch}`] ?? null;
}

/**
 * The system that this program runs on.
 *
 * @throws NetgraphError ENOSYS if runtime `posix` does not support it
 */
export function thisSystem(): System {
  const system = knownSystem();
  if (system !== null) return system;
  const here = `${process.platform} on ${process.arch}`;
  throw new NetgraphError("ENOSYS", `Cannot use runtime "posix" on ${here}: wanted Linux on x64 or arm64`);
}
