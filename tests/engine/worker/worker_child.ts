/**
 * Starts a graph's thread, stops it, and then has nothing left to do.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- Its output is what the test looks at.

import { startWorkerPort } from "../../../src/engine/worker/worker_port.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";

const { port, fault } = await startWorkerPort({ runtime: "posix", clock: systemClock });
await port.openScope("t");
await port.close();
if (await fault === null) console.log("stopped");
