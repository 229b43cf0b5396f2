/**
 * Programs by `node:child_process`, on either host.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { GrowingBuffer } from "../../growing_buffer.ts";
import type { CommandOptions, CommandResult, CommandRunner } from "../command_runner.ts";
import { systemError } from "../system_error.ts";

/** What would change which code the program runs (Deno refuses that), or which repository git is about. */
const WITHHELD = /^(LD_|DYLD_|GIT_DIR$|GIT_WORK_TREE$|GIT_INDEX_FILE$|GIT_PREFIX$|GIT_NAMESPACE$)/;
/** The end of what a program complains is what matters. */
const MAX_COMPLAINT = 4_096;

/** The programs of the machine. */
export const nodeCommands: CommandRunner = {
  run: async (program, args, options) => {
    try {
      return await ended(program, start(program, args, options), options);
    } catch (error) {
      if (error instanceof NetgraphError) throw error;
      throw systemError(error, `Cannot run "${program}"`);
    }
  },
};

function start(program: string, args: readonly string[], { env, input }: CommandOptions): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !WITHHELD.test(name));
  const child = spawn(program, [...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

function ended(program: string, child: ChildProcess, options: CommandOptions): Promise<CommandResult> {
  const output = new GrowingBuffer(options.maxBytes);
  let stderr = "";
  let failure: NetgraphError | null = null;
  const end = (code: "ETIMEDOUT" | "E2BIG" | "ECANCELED", why: string): void => {
    failure ??= new NetgraphError(code, `Cannot wait for "${program}": ${why}`);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => end("ETIMEDOUT", `it took longer than ${options.timeoutMs} ms`), options.timeoutMs);
  const { signal } = options;
  const abort = () => end("ECANCELED", "nobody waits any more");
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort);
  child.stdout?.on("data", (piece: Uint8Array) => {
    if (!output.add(piece)) end("E2BIG", `it printed more than ${options.maxBytes} bytes`);
  });
  child.stderr?.on("data", (piece: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(piece)).slice(-MAX_COMPLAINT);
  });
  return new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (failure !== null) return reject(failure);
      resolve({ code: code ?? -1, stdout: output.whole(), stderr });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}
