/**
 * Takes a lock, says whether it got it, and dies without giving it back.
 *
 * @module
 */

import process from "node:process";
import { detectRuntime } from "../../src/runtimes/detect.ts";

const runtime = await detectRuntime();
const lock = await runtime.control.lock(process.argv[2] ?? "");
runtime.process.write("stdout", lock === null ? "held\n" : "taken\n");
process.kill(process.pid, "SIGKILL");
