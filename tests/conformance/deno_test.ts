/**
 * The conformance suite over the runtime `deno`.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { denoSockets } from "../../src/runtimes/deno/sockets.ts";
import { temporaryFolder } from "./folder.ts";
import { testSocketRuntime } from "./socket_runtime.ts";

testSocketRuntime({
  name: "deno",
  capabilities: DENO_CAPABILITIES,
  skip: "Deno" in globalThis ? null : "runtime deno needs Deno",
  open: () => denoSockets(systemClock),
  folder: temporaryFolder,
  removePath: rmSync,
});
