/**
 * Starts a graph's thread over the named runtime, stops it, and then has nothing left to do.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- Its output is what the test looks at.

import process from "node:process";
import { startWorkerPort } from "../../../src/engine/worker/worker_port.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";

const runtime = (["deno", "bun", "posix"] as const).find((name) => name === process.argv[2]) ?? "posix";
const { port, fault } = await startWorkerPort({ runtime, clock: systemClock });
await port.openScope("t");
await port.close();
if (await fault === null) console.log("stopped");
