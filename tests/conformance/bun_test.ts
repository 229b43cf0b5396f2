/**
 * The conformance suite over the runtime `bun`.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { BUN_CAPABILITIES } from "../../src/runtimes/bun/capabilities.ts";
import { bunSockets } from "../../src/runtimes/bun/sockets.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { temporaryFolder } from "./folder.ts";
import { testSocketRuntime } from "./socket_runtime.ts";

testSocketRuntime({
  name: "bun",
  capabilities: BUN_CAPABILITIES,
  skip: "Bun" in globalThis ? null : "runtime bun needs Bun",
  open: () => bunSockets(systemClock),
  folder: temporaryFolder,
  removePath: rmSync,
});
