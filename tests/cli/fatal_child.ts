/**
 * Logs as an engine in the background does, then meets an error that nothing catches: a rejection or an exception.
 *
 * @module
 */

import process from "node:process";
import { detachedLog, logFatalErrors } from "../../src/cli/background/detached.ts";
import { DETACHED } from "../../src/cli/background/log_place.ts";
import { Output } from "../../src/cli/output.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";

const [kind, path, format] = process.argv.slice(2);
process.env[DETACHED.log] = path;
process.env[DETACHED.format] = format;
const runtime = await detectRuntime();
const log = detachedLog(runtime);
if (log === null) throw new Error("No log was named");
const face = log.processOf(runtime.process);
logFatalErrors({ ...runtime, process: face }, new Output(face, { color: false, log }));
if (kind === "rejection") Promise.reject(new Error("nothing catches this"));
else {
  setTimeout(() => {
    throw new Error("nothing catches this");
  }, 0);
}
// It would run on: the error is what ends it.
setInterval(() => {}, 1000);
