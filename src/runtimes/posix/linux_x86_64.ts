/**
 * Linux on x86_64 with glibc.
 *
 * @module
 */

import { glibcPaths, LINUX_CONSTANTS, LINUX_MESSAGE } from "./linux.ts";
import type { System } from "./system.ts";

/** The table of Linux on x86_64; the only one whose `epoll_event` is packed. */
export const LINUX_X86_64: System = {
  name: "linux-x86_64",
  numbering: "linux",
  libraries: glibcPaths("x86_64-linux-gnu"),
  errnoFunction: "__errno_location",
  constants: LINUX_CONSTANTS,
  epollEvent: { words: 3, dataWord: 1 },
  message: LINUX_MESSAGE,
};
