/**
 * The tables of the systems that runtime `posix` supports.
 *
 * @module
 */

import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { glibcPaths, LINUX_CONSTANTS, LINUX_MESSAGE } from "./linux.ts";
import type { System } from "./system.ts";

/** The table of Linux on x86_64; the only one whose `epoll_event` is packed. */
const LINUX_X86_64: System = {
  name: "linux-x86_64",
  numbering: "linux",
  libraries: glibcPaths("x86_64-linux-gnu"),
  errnoFunction: "__errno_location",
  constants: LINUX_CONSTANTS,
  epollEvent: { words: 3, dataWord: 1 },
  message: LINUX_MESSAGE,
};

/** The table of Linux on arm64, whose `epoll_event` is aligned to 8 octets. */
const LINUX_ARM64: System = {
  name: "linux-arm64",
  numbering: "linux",
  libraries: glibcPaths("aarch64-linux-gnu"),
  errnoFunction: "__errno_location",
  constants: LINUX_CONSTANTS,
  epollEvent: { words: 4, dataWord: 2 },
  message: LINUX_MESSAGE,
};

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
