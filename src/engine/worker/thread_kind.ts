/**
 * The threads for graphs: one module for each runtime, and how that thread is woken.
 *
 * @module
 */

import { BUN_CAPABILITIES } from "../../runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../../runtimes/deno/capabilities.ts";
import { POSIX_CAPABILITIES } from "../../runtimes/posix/capabilities.ts";
import type { Waker } from "../../runtimes/posix/wake.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { startBunWorker, startDenoWorker, startPosixWorker } from "./start_worker.ts";

/** A runtime whose graph can be in a separate thread. */
export type ThreadedRuntime = "deno" | "bun" | "posix";

/** The differences between the runtimes' threads. */
export interface ThreadKind {
  readonly capabilities: Capabilities;
  start(): Worker;
  /** Opens the means to wake a thread that blocks in its own loop; null if the host's loop receives messages. */
  readonly openWaker: (() => Promise<Waker>) | null;
}

/** The threads. */
export const THREAD_KINDS: Readonly<Record<ThreadedRuntime, ThreadKind>> = {
  deno: { capabilities: DENO_CAPABILITIES, start: startDenoWorker, openWaker: null },
  bun: { capabilities: BUN_CAPABILITIES, start: startBunWorker, openWaker: null },
  posix: {
    capabilities: POSIX_CAPABILITIES,
    start: startPosixWorker,
    openWaker: async () => await (await import("../../runtimes/posix/wake.ts")).openWaker(),
  },
};
