/**
 * This program in the background on Bun, by `node:child_process`: Bun and the script that it runs, or the single binary.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { onFatalError } from "../host/fatal_errors.ts";
import { openLogFile } from "../host/log_file.ts";
import type { Background, BackgroundProcess, StartOptions } from "../background.ts";
import { systemError } from "../system_error.ts";

/** The path of the modules in a single binary. */
const IN_BINARY = "/$bunfs/";

/** Processes by `node:child_process`. */
export const bunBackground: Background = { start, openLog: openLogFile, onFatalError };

function start(args: readonly string[], { env }: StartOptions): Promise<BackgroundProcess> {
  const script = process.argv[1] ?? "";
  const words = script.startsWith(IN_BINARY) ? args : [script, ...args];
  const { promise, resolve, reject } = Promise.withResolvers<BackgroundProcess>();
  const child = spawn(process.execPath, [...words], {
    env: { ...process.env, ...env },
    // A separate session: our terminal stays with us, and so does SIGHUP.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.unref();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const ended = new Promise<{ code: number | null; stderr: string }>((end) => {
    child.on("close", (code: number | null) => end({ code, stderr }));
  });
  child.on("spawn", () => resolve({ pid: child.pid ?? 0, ended }));
  child.on("error", (error) => reject(systemError(error, `Cannot start "${process.execPath}" in the background`)));
  return promise;
}
