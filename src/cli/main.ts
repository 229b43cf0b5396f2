/**
 * The program. The only place that ends the process.
 *
 * @module
 */

import { detectRuntime } from "../runtimes/detect.ts";
import { runProgram } from "./run_program.ts";

const runtime = await detectRuntime();
runtime.process.exit(await runProgram(runtime));
