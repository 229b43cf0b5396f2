/**
 * The suite of streams once more, over TLS on every runtime that is here: what holds of a stream holds of one with TLS.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { BUN_CAPABILITIES } from "../../src/runtimes/bun/capabilities.ts";
import { bunSockets } from "../../src/runtimes/bun/sockets.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { denoSockets } from "../../src/runtimes/deno/sockets.ts";
import { POSIX_CAPABILITIES } from "../../src/runtimes/posix/capabilities.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { temporaryFolder } from "./folder.ts";
import { testStreams } from "./stream_suite.ts";
import type { Subject } from "./world.ts";

const common = { folder: temporaryFolder, removePath: rmSync };
const isDeno = "Deno" in globalThis;

const subjects: readonly Subject[] = [
  { ...common, name: "posix", capabilities: POSIX_CAPABILITIES, skip: machine.skip, open: openDriven },
  isDeno
    ? { ...common, name: "deno", capabilities: DENO_CAPABILITIES, skip: null, open: () => denoSockets(systemClock) }
    : { ...common, name: "bun", capabilities: BUN_CAPABILITIES, skip: null, open: () => bunSockets(systemClock) },
];

for (const subject of subjects) {
  const skip = subject.skip ?? tlsSkip;
  testStreams({ ...subject, skip, ...(tlsFiles === null ? {} : { tls: tlsFiles.both }) }, "inet/stream");
}
