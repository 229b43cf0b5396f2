/**
 * Linux on arm64 with glibc.
 *
 * @module
 */

import { glibcPaths, LINUX_CONSTANTS, LINUX_MESSAGE } from "./linux.ts";
import type { System } from "./system.ts";

/** The table of Linux on arm64, whose `epoll_event` is aligned to 8 octets. */
export const LINUX_ARM64: System = {
  name: "linux-arm64",
  numbering: "linux",
  libraries: glibcPaths("aarch64-linux-gnu"),
  errnoFunction: "__errno_location",
  constants: LINUX_CONSTANTS,
  epollEvent: { words: 4, dataWord: 2 },
  message: LINUX_MESSAGE,
};
